"""Read a configuration file into a tree."""

from __future__ import annotations

from pathlib import Path

from mqttcam.settings.document.problems import Problem, SettingsError, first_of
from mqttcam.settings.document.tree import Origin, TreeNode

MAX_BYTES = 1 << 20


def read_file(path: Path) -> tuple[TreeNode, list[Problem]]:
    """Return the tree of a YAML file, whose top is a mapping, and problems such as a key given twice.

    Raises:
        SettingsError: The file is unreadable, too large, not UTF-8, not YAML, empty or not a mapping.
    """
    from mqttcam.settings.document.yaml_parser import (
        parse,  # PyYAML is not needed without a file
    )

    file = str(path)
    root, problems = parse(_text(path), lambda line, _path: Origin(file, line))
    if root is not None and isinstance(root.value, dict):
        return root, problems
    if root is not None and root.value is not None:
        found = "a list" if isinstance(root.value, list) else "a single value"
        problems.append(root.origin.problem((), f"is {found}", "keys such as `mqtt:` and `cameras:`"))
    elif not problems:
        problems.append(Problem(file, None, "", "is empty", "at least `mqtt:` and a camera"))
    raise SettingsError(first_of(problems))


def _text(path: Path) -> str:
    def refused(message: str, allowed: str | None = None, line: int | None = None) -> SettingsError:
        return SettingsError([Problem(str(path), line, "", message, allowed)])

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refused("does not exist") from None
    except IsADirectoryError:
        raise refused(
            "is a folder (Docker makes one where a mounted file is missing)", "a YAML file"
        ) from None
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise refused("is not a path", "a path without the character 0x00") from None
    if len(data) > MAX_BYTES:
        raise refused("is too large", f"{MAX_BYTES} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refused("is UTF-16", "UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(f"byte 0x{error.object[error.start]:02x} is not UTF-8", "UTF-8", line) from None
