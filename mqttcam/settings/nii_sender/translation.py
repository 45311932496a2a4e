"""The configuration that the sender's variables are translated into, and a note about each variable."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from mqttcam.settings.document.key_schema import ROOT, KeySchema, child_schema, keys_of
from mqttcam.settings.document.problems import ENVIRONMENT, Problem
from mqttcam.settings.document.tree import Origin, Scalar, TreeNode
from mqttcam.text import one_line

CAMERA = "camera"
"""The id of the camera that the variables describe."""
NEW, OLD = "PICAMERA2_", "PICAMERA_"
SINETSTREAM, SERVER = "SS_", "SSCFG_"
CONTROLS = NEW + "CONTROLS_"
UNKNOWN = "unknown to the reference sender as well"


class VariableNote(Struct, frozen=True):
    """What a variable was translated into; `str` is a line for `mqttcam check`. It includes no secret.

    Attributes:
        variable: its name.
        key: the key path in our configuration; None if the variable has no effect.
        value: the value of the key; None if it is secret.
        note: why it has no effect, or how it was changed.
    """

    variable: str
    key: str | None
    value: str | None = None
    note: str | None = None

    def __str__(self) -> str:
        if self.key is None:
            what = "no effect"
        elif self.value is None:
            what = self.key
        else:
            what = f"{self.key}: {self.value}"
        return one_line(f"{self.variable}: {what}" + (f" ({self.note})" if self.note else ""))


class Translation:
    """The translated variables.

    Attributes:
        tree: the configuration; None if there are no variables of the sender.
        defaults: the sender's own defaults, which a configuration file overrides.
        notes: a note about each variable.
        problems: the variables that are wrong.
    """

    def __init__(self) -> None:
        self.tree: TreeNode | None = None
        self.defaults = TreeNode({}, Origin())
        self.notes: list[VariableNote] = []
        self.problems: list[Problem] = []

    def set(
        self, variable: str, key: str, value: object, *, shown: str | None, note: str | None = None
    ) -> None:
        """Set a key (`kafka.topic`) to the value of a variable; `shown` is the value in the note."""
        self.set_silently(key, value, Origin(variable=variable))
        self.notes.append(VariableNote(variable, key, shown, note))

    def set_camera(self, key: str, value: object, variable: str, note: str | None = None) -> None:
        """Set a key of the camera to the value of a variable."""
        if key == "source.buffers" and "buffers" not in _source_keys():
            self.ignore(variable, "mqttcam uses as many buffers as it needs")
            return
        # These keys must not be errors for a test picture in the camera's place (`…__SOURCE__TYPE`).
        origin = Origin() if key.startswith("source.") else Origin(variable=variable)
        self.set_silently(f"cameras.{CAMERA}.{key}", value, origin)
        self.notes.append(VariableNote(variable, f"cameras.{CAMERA}.{key}", _text(value), note))

    def set_silently(self, dotted: str, value: object, origin: Origin) -> None:
        """Set a key without a note."""
        if self.tree is None:
            self.tree = TreeNode({}, Origin())
        _put(self.tree, dotted, _node(value, origin))

    def set_default(self, dotted: str, value: object) -> None:
        """Set a key for which there is neither a variable nor a line in a file."""
        _put(self.defaults, dotted, _node(value, Origin()))

    def has(self, key: str) -> bool:
        """Return whether a top-level key is set."""
        return self.tree is not None and self.tree.get(key) is not None

    def ignore(self, variable: str, note: str) -> None:
        """Note that a variable has no effect, and why."""
        self.notes.append(VariableNote(variable, None, None, note))

    def add_problem(self, variable: str, message: str, allowed: str | None = None) -> None:
        """Add a problem of a variable."""
        self.problems.append(Problem(ENVIRONMENT, None, variable, message, allowed))


def _put(section: TreeNode, dotted: str, node: TreeNode) -> None:
    *path, last = dotted.split(".")
    for part in path:
        below = section.get(part)
        if below is None or not isinstance(below.value, dict):
            below = TreeNode({}, Origin())
            _keys(section)[part] = below
        section = below
    _keys(section)[last] = node


def _keys(section: TreeNode) -> dict[str, TreeNode]:
    assert isinstance(section.value, dict)
    return section.value


def _node(value: object, origin: Origin) -> TreeNode:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return TreeNode([_node(item, origin) for item in value], origin)
    assert value is None or isinstance(value, Scalar)
    return TreeNode(value, origin, _text(value))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _source_keys() -> Collection[str]:
    schema: KeySchema | None = ROOT
    for key in ("cameras", CAMERA, "source"):
        schema = child_schema(schema, key) if schema is not None else None
    model = schema.variants().get("picamera2") if schema is not None else None
    return keys_of(model) if model is not None else ()
