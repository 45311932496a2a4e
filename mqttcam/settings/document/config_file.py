"""Read a configuration file into a tree."""

from __future__ import annotations

from pathlib import Path

from mqttcam.settings.document.problems import Problem, SettingsError, first_of
from mqttcam.settings.document.tree import Origin, TreeNode

MAX_BYTES = 1 << 20
_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".txt"})
FULL_WIDTH_COLON = "："
"""As Japanese and Chinese keyboards write it."""


def read_file(path: Path, text: str | None = None) -> tuple[TreeNode, list[Problem]]:
    """Return the tree of a YAML file, whose top is a mapping, and problems such as a key given twice.

    Args:
        text: what the file would contain; None reads it.

    Raises:
        SettingsError: The file is unreadable, too large, not UTF-8, not YAML, empty or not a mapping.
    """
    from mqttcam.settings.document.yaml_parser import (
        parse,  # PyYAML is not needed without a file
    )

    file = str(path)
    root, problems = parse(read_text(path) if text is None else text, lambda line, _path: Origin(file, line))
    if root is not None and isinstance(root.value, dict):
        return root, problems
    if root is not None and root.value is not None:
        if FULL_WIDTH_COLON in (root.text or ""):
            problems.append(root.origin.problem((), "has a full-width colon", "`: `"))
        else:
            found = "a list" if isinstance(root.value, list) else "a single value"
            problems.append(root.origin.problem((), f"is {found}", "keys such as `mqtt:` and `cameras:`"))
    elif not problems:
        problems.append(Problem(file, None, "", "is empty", "at least `mqtt:` and a camera"))
    raise SettingsError(first_of(problems))


def similar_file(path: Path) -> Path | None:
    """Return the file in the same folder that a path probably means, such as config.yml for config.yaml, or None."""
    from difflib import get_close_matches  # not needed if the file is there

    try:
        names = [one.name for one in path.parent.iterdir() if one.suffix in _SUFFIXES and one.is_file()]
    except OSError:
        return None
    near = get_close_matches(path.name, sorted(names), n=1, cutoff=0.7)
    return path.with_name(near[0]) if near else None


def read_text(path: Path) -> str:
    """Return the text of a configuration file, without a byte order mark.

    Raises:
        SettingsError: The file is unreadable, too large or not UTF-8.
    """

    def refused(message: str, allowed: str | None = None) -> SettingsError:
        return SettingsError([Problem(str(path), None, "", message, allowed)])

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        similar = similar_file(path)
        raise refused(f"does not exist (did you mean {similar}?)" if similar else "does not exist") from None
    except IsADirectoryError:
        raise refused(
            "is a folder (Docker makes one where a mounted file is missing)", "a YAML file"
        ) from None
    except PermissionError as error:
        raise refused(f"cannot be read: {error.strerror}", "a file that this user may read") from None
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise refused("is not a path", "a path without the character 0x00") from None
    return decoded(path, data)


def decoded(path: Path, data: bytes) -> str:
    """Return the text of a configuration file's content, without a byte order mark.

    Raises:
        SettingsError: The content is too large or not UTF-8.
    """

    def refused(message: str, allowed: str | None = None, line: int | None = None) -> SettingsError:
        return SettingsError([Problem(str(path), line, "", message, allowed)])

    if len(data) > MAX_BYTES:
        raise refused("is too large", f"{MAX_BYTES} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refused("is UTF-16", "UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(f"byte 0x{error.object[error.start]:02x} is not UTF-8", "UTF-8", line) from None
