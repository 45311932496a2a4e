"""A camera's section as YAML, as it is typed on the page."""

from __future__ import annotations

from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.document.key_schema import section_schema
from mqttcam.settings.document.problems import Problem, SettingsError
from mqttcam.settings.document.tree import Origin, TreeNode
from mqttcam.settings.document.yaml_parser import parse
from mqttcam.settings.editing.camera_data import data_of


def line_of(root: TreeNode, key: str) -> int | None:
    """Return the line of a key, or of the section that it would be in."""
    line, node = root.origin.line, root
    for part in filter(None, key.split(".")):
        child = node.get(part) or (node.get(int(part)) if part.isdecimal() else None)
        if child is None:
            break
        node, line = child, child.origin.line
    return line


def section_from_text(text: str) -> tuple[dict[str, object], TreeNode]:
    """Return a camera's section from YAML, and its tree, whose lines are those of the text.

    Raises:
        SettingsError: it is not a section.
    """
    root, problems = parse(text, lambda line, _path: Origin("text", line))
    if problems:
        raise SettingsError(problems)
    data = data_of(root, section_schema(CameraSettings)) if root is not None else {}
    if root is None or not isinstance(data, dict):
        raise SettingsError(
            [Problem("text", 1, "", "is not a section", "keys such as `source:` and `size:`")]
        )
    return data, root
