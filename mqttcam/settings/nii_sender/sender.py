"""The environment of NII's reference sender as our configuration, so that its `.env` runs unchanged.

`PICAMERA2_*` and `PICAMERA_*` describe the camera `camera`; `SS_*`, or `SSCFG_*` with a configuration server,
and `SCHEDULE` what goes to Kafka. Secrets come from `/run/secrets/NAME`. What is read becomes a tree, as a
file does, and goes through the same checks; for each variable it is told what it became (`Explained`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mqttcam.settings.document.key_schema import ROOT, KeyKind, KeySchema, child_schema, keys_of
from mqttcam.settings.document.problems import ENVIRONMENT, Problem
from mqttcam.settings.document.secret_file import BadSecret, EmptySecret, read_secret
from mqttcam.settings.document.tree import Origin, Scalar, TreeNode
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.nii_sender.camera import NEW, OLD, read_camera
from mqttcam.text import one_line

CAMERA = "camera"
"""The id of the one camera that the variables describe."""
SECRETS = Path("/run/secrets")
AUTH_FILE = Path("~/.config/sinetstream/auth.json")
_SINETSTREAM, _SERVER = "SS_", "SSCFG_"
_PREFIXES = (NEW, OLD, _SINETSTREAM, _SERVER)
_OTHERS = ("SCHEDULE", "LOG_LEVEL", "HTTPS_PROXY")
_SIGNS = ("SS_BROKERS", "SS_TOPIC")
"""With one of these, a camera's or a configuration server's variable, it is the reference sender's environment."""
_SERVER_KEYS = {"NAME": "config", "SERVICE": "service", "AUTH": "auth", "PRIVATE_KEY": "private_key"}


@dataclass(frozen=True)
class Explained:
    """What a variable became; `str` is one line for `mqttcam check`. No secret is in it."""

    variable: str
    key: str | None
    value: str | None = None
    note: str | None = None

    def __str__(self) -> str:
        what = (
            "no effect"
            if self.key is None
            else self.key
            if self.value is None
            else f"{self.key}: {self.value}"
        )
        return one_line(f"{self.variable}: {what}" + (f" ({self.note})" if self.note else ""))


@dataclass
class Reference:
    """What was read.

    Attributes:
        tree: the configuration that the variables mean, to lie under `MQTTCAM__…` and over a file; None:
            there are no such variables.
    """

    tree: TreeNode | None = None
    explained: list[Explained] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def variables(environ: Mapping[str, str], secrets: Path = SECRETS) -> tuple[dict[str, str], list[Problem]]:
    """The reference sender's variables, sorted, and secrets that cannot be read.

    A secret counts more than a variable of the same name. Empty is none.
    """
    found = {name: value.strip() for name, value in environ.items() if _is_one(name)}
    problems = []
    try:
        files = [path for path in secrets.iterdir() if _is_one(path.name) and not path.is_dir()]
    except OSError:
        files = []  # no secrets there, or none for us
    for path in files:
        try:
            found[path.name] = read_secret(path)
        except EmptySecret:
            found[path.name] = ""
        except BadSecret as error:
            problems.append(Problem(ENVIRONMENT, None, path.name, str(error), "a text that we may read"))
            found.pop(path.name, None)
    return {name: found[name] for name in sorted(found) if found[name]}, problems


def _is_one(name: str) -> bool:
    return name.startswith(_PREFIXES) or name in _OTHERS


def read(environ: Mapping[str, str], secrets: Path = SECRETS) -> Reference:
    """What the environment means, if it is the reference sender's."""
    given, problems = variables(environ, secrets)
    there = {*given, *(problem.key for problem in problems)}
    if not any(name in _SIGNS or name.startswith((NEW, OLD, _SERVER)) for name in there):
        return Reference()
    reader = _Reader(given, problems)
    reader.read()
    return reader.result


def underlay(root: TreeNode, reference: Reference) -> TreeNode:
    """The file's tree with the reference's over it; where a file has cameras, only camera variables add one."""
    tree = reference.tree
    if tree is None:
        return root
    cameras = root.get("cameras")
    if cameras is not None and cameras.value and not any(
        explained.variable.startswith((NEW, OLD)) for explained in reference.explained
    ):  # fmt: skip
        assert isinstance(tree.value, dict)
        tree = replace(tree, value={key: node for key, node in tree.value.items() if key != "cameras"})
    return _merged(root, tree)


def _merged(under: TreeNode, over: TreeNode) -> TreeNode:
    if not isinstance(under.value, dict) or not isinstance(over.value, dict):
        return over
    keys = dict(under.value)
    for key, node in over.value.items():
        keys[key] = _merged(keys[key], node) if key in keys else node
    return replace(under, value=keys)


class _Reader:
    """Builds the tree."""

    def __init__(self, given: Mapping[str, str], problems: list[Problem]) -> None:
        """`problems` are those of secrets, which are not in `given`."""
        self._given = given
        self._unread = {problem.key for problem in problems}
        self._root: dict[str, TreeNode] = {}
        self.result = Reference(problems=list(problems))

    def read(self) -> None:
        self._set(f"cameras.{CAMERA}.source.type", "picamera2", Origin())
        read_camera({name: text for name, text in self._given.items() if name.startswith((NEW, OLD))}, self)
        if "SSCFG_NAME" in self._given:
            self._server()
        else:
            self._sinetstream()
            self._no_server()
        self._rest()
        self.result.tree = TreeNode(self._root, Origin())
        self.result.explained.sort(key=lambda explained: explained.variable)

    # what the camera's reader tells

    def put(self, key: str, value: object, name: str, note: str | None = None) -> None:
        if key == "source.buffers" and "buffers" not in _source_keys():
            self.say(name, "mqttcam takes as many buffers as it needs")
            return
        # A test picture in the camera's place (`…__SOURCE__TYPE`) must not stumble over these keys.
        origin = Origin() if key.startswith("source.") else Origin(variable=name)
        self._set(f"cameras.{CAMERA}.{key}", value, origin)
        self._explain(name, f"cameras.{CAMERA}.{key}", _text(value), note)

    def say(self, name: str, note: str) -> None:
        self._explain(name, None, None, note)

    def refuse(self, name: str, message: str, allowed: str | None = None) -> None:
        self.result.problems.append(Problem(ENVIRONMENT, None, name, message, allowed))

    # Kafka

    def _server(self) -> None:
        for name in self._given:
            if name.startswith(_SERVER):
                key = _SERVER_KEYS.get(name.removeprefix(_SERVER))
                self._kafka(name, key) if key else self.say(name, "unknown to the reference sender as well")
            elif name.startswith(_SINETSTREAM):
                self.say(name, "the configuration server has the parameters")
        if "HTTPS_PROXY" in self._given:
            self._kafka("HTTPS_PROXY", "https_proxy")
        there = {*self._given, *self._unread}
        if "SSCFG_AUTH" not in there and not AUTH_FILE.expanduser().is_file():
            self.refuse(
                "SSCFG_AUTH", "is missing beside SSCFG_NAME", f"the text of auth.json, or {AUTH_FILE}"
            )

    def _no_server(self) -> None:
        """What is there for a configuration server has no effect without its name."""
        names = [name for name in self._given if name.startswith(_SERVER)]
        if names and "kafka" not in self._root and "SSCFG_NAME" not in self._unread:
            self.refuse("SSCFG_NAME", f"is missing beside {names[0]}", "a name on the configuration server")
        for name in names:
            self.say(name, "counts only beside SSCFG_NAME")

    def _sinetstream(self) -> None:
        """`SS_A__B` is `a.b`; a section given as a whole as well (`SS_TLS=true`) is the section."""
        names = sorted(name for name in self._given if name.startswith(_SINETSTREAM))
        for name in names:
            path = name.removeprefix(_SINETSTREAM).lower().split("__")
            if path[0] == "value_type":
                self.say(name, "the reference sender too sends bytes")
            elif any(other.startswith(f"{name}__") for other in names):
                self.say(name, "its own variables say more")
            elif path[:2] == ["crypto", "password"] and path[2:] in (["value"], ["path"]):
                self._kafka(name, "crypto.password" if path[2] == "value" else "crypto.password_file")
            else:
                self._kafka(name, ".".join(path))

    def _kafka(self, name: str, key: str) -> None:
        text = self._given[name]
        self._set(f"kafka.{key}", text, Origin(variable=name))
        self._explain(name, f"kafka.{key}", None if _is_secret(key.split(".")) else text)

    def _schedule(self, name: str) -> None:
        if self._given[name].strip("0"):
            self._kafka(name, "schedule")
        else:
            self._set("kafka.schedule", "1", Origin(variable=name))
            self._explain(name, "kafka.schedule", "1", "as the reference sender, which looks once a second")

    def _rest(self) -> None:
        if "SCHEDULE" in self._given:
            if "kafka" in self._root:
                self._schedule("SCHEDULE")
            else:
                self.say("SCHEDULE", "nothing goes to Kafka")
        if "LOG_LEVEL" in self._given:
            self._explain("LOG_LEVEL", "log.level", self._given["LOG_LEVEL"].upper())
        if "HTTPS_PROXY" in self._given and "SSCFG_NAME" not in self._given:
            self.say("HTTPS_PROXY", "only a configuration server is asked through it")

    # the tree

    def _set(self, dotted: str, value: object, origin: Origin) -> None:
        *path, last = dotted.split(".")
        keys = self._root
        for part in path:
            node = keys.get(part)
            if node is None or not isinstance(node.value, dict):
                node = keys[part] = TreeNode({}, Origin())
            assert isinstance(node.value, dict)
            keys = node.value
        keys[last] = _node(value, origin)

    def _explain(self, name: str, key: str | None, value: str | None, note: str | None = None) -> None:
        self.result.explained.append(Explained(name, key, value, note))


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


def _is_secret(path: list[str]) -> bool:
    """Whether the key of a Kafka parameter is one; what is unknown may be one."""
    model: type = KafkaSettings
    for part in path:
        schema = keys_of(model).get(part)
        if schema is None:
            return True
        if schema.kind is KeyKind.SECRET:
            return True
        if schema.models:
            model = schema.models[0]
    return False
