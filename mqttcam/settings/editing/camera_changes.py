"""What may be changed of a camera on the page, and what is shown of it.

A new setting cannot be changed there until it is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.document.key_schema import FILE_SUFFIX, KeyKind, KeySchema, child_schema, section_schema
from mqttcam.settings.editing.camera_data import same
from mqttcam.settings.sources.address import InvalidAddress, parse_address
from mqttcam.settings.sources.url import URL_SCHEMES

KEYS = (
    "name",
    "source",
    "suggested_area",
    "size",
    "frame_rate",
    "rotation",
    "hflip",
    "vflip",
    "enabled",
    "privacy",
    "overlay",
    "controls",
    "presets",
    "day_night",
    "image",
    "motion",
    "detections",
    "video",
    "record",
    "series",
)
"""The keys of a camera that can be changed; `kafka` and `tcp`, which send pictures elsewhere, cannot."""
SOURCES = ("test_pattern", "file", "picamera2", "v4l2", "url")
"""The types of sources that can be chosen; the others have logins of brokers, or listen on a port."""
FOLDERS = (Path("/media"), Path("/mnt"), Path("/srv"))
"""Where a `file` may be, besides the folder of recordings."""
SUFFIXES = frozenset(
    {
        ".avi",
        ".bmp",
        ".gif",
        ".jpeg",
        ".jpg",
        ".m4v",
        ".mjpeg",
        ".mjpg",
        ".mkv",
        ".mov",
        ".mp4",
        ".png",
        ".ts",
    }
    | {".webm", ".webp"}
)
"""Of a `file`; a folder has none. What else is on the disk is not opened, least of all as raw pixels."""
ELSEWHERE = "…"
"""Stands in a shown address for its path and query, which may be secret."""
_DEVICE = re.compile(r"/dev/video\d{1,3}|/dev/v4l/by-(id|path)/[A-Za-z0-9_.:+-]+|[^/]+")
_SCHEMA = section_schema(CameraSettings)
_IN_EDITOR = "what the configuration file has; change it in an editor"

Data = Mapping[str, object]


class RefusedChange(Exception):
    """A change that is not allowed on the page, or not valid.

    Attributes:
        key: the path of the key below the camera, such as `source.path`; empty for the camera as a whole.
        allowed: what would be right, if known.
    """

    def __init__(self, key: str, message: str, allowed: str | None = None) -> None:
        super().__init__(message)
        self.key = key
        self.allowed = allowed


def shown(section: Data) -> dict[str, object]:
    """Return what is shown of a camera's section: no secrets, no files of secrets, no keys that cannot be changed."""
    return {
        key: _without_secrets(value, child_schema(_SCHEMA, key))
        for key, value in section.items()
        if key in KEYS
    }


def hidden(section: Data) -> list[str]:
    """Return the paths of the keys that a camera has and that are not shown."""
    return [".".join(path) for path in _hidden(section, _SCHEMA, ())]


def merged(new: Data, old: Data, recordings: Path) -> dict[str, object]:
    """Return the section to write: the new one, with what is hidden of the old one.

    Args:
        new: as `shown` returns it, changed.
        recordings: the folder of recordings.

    Raises:
        RefusedChange: something may not be changed, or not to this value.
    """
    was = shown(old)
    for key, value in new.items():
        if key not in KEYS and child_schema(_SCHEMA, key) is not None:
            raise RefusedChange(
                key, "cannot be set on the page", f"in the configuration file, or {', '.join(KEYS)}"
            )
        schema = child_schema(_SCHEMA, key)
        if key != "source":
            _check_paths(value, was.get(key), schema, (key,))
    source = _source(new.get("source"), _section(old.get("source")), recordings)
    result = {key: source if key == "source" else value for key, value in new.items()}
    return result | {key: value for key, value in old.items() if key not in KEYS}


def _section(data: object) -> Data:
    return data if isinstance(data, Mapping) else {}


def _is_secret(key: object, schema: KeySchema | None) -> bool:
    """Return whether a key has a secret, or names the file of one."""
    if schema is None:
        return False
    return schema.kind is KeyKind.SECRET or (schema.kind is KeyKind.PATH and str(key).endswith(FILE_SUFFIX))


def _without_secrets(data: object, schema: KeySchema | None) -> object:
    if isinstance(data, list):
        return [
            _without_secrets(one, schema and child_schema(schema, index)) for index, one in enumerate(data)
        ]
    if not isinstance(data, Mapping) or schema is None or not schema.has_keys:
        return data
    found: dict[str, object] = {}
    for key, value in data.items():
        inner = child_schema(schema, key)
        if not _is_secret(key, inner):
            found[key] = _without_secrets(value, inner)
        elif key == "url":
            found[key] = shown_address(str(value))
    return found


def _hidden(data: object, schema: KeySchema | None, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(data, Mapping) or schema is None:
        return []
    found = []
    for key, value in data.items():
        inner = child_schema(schema, key)
        if (not path and key not in KEYS) or (_is_secret(key, inner) and key != "url"):
            found.append((*path, key))
        else:
            found += _hidden(value, inner, (*path, key))
    return found


def shown_address(url: str) -> str:
    """Return an address without its login, path and query."""
    try:
        parts = parse_address(url, URL_SCHEMES)
    except InvalidAddress:
        return ELSEWHERE
    host = f"[{parts.host}]" if ":" in parts.host else parts.host
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}/{ELSEWHERE}"


def _check_paths(new: object, old: object, schema: KeySchema | None, path: tuple[str, ...]) -> None:
    """Refuse paths and secrets that differ from what there is.

    Raises:
        RefusedChange: one does.
    """
    if isinstance(new, Mapping):
        for key, value in new.items():
            inner = None if schema is None else child_schema(schema, key)
            _check_paths(value, _section(old).get(key), inner, (*path, str(key)))
    elif isinstance(new, list):
        for index, value in enumerate(new):
            other = old[index] if isinstance(old, list) and index < len(old) else None
            _check_paths(value, other, schema and child_schema(schema, index), (*path, str(index)))
    elif schema is not None and (_is_secret(path[-1], schema) or schema.kind is KeyKind.PATH):
        if not same(new, old):
            raise RefusedChange(
                ".".join(path), "is a file or a secret, which cannot be set on the page", _IN_EDITOR
            )
    elif path[-1] == "tuning_file" and isinstance(new, str) and "/" in new and not same(new, old):
        raise RefusedChange(".".join(path), "is a path", "the name of a tuning file")


def _source(new: object, old: Data, recordings: Path) -> object:
    """Return the source to write.

    Raises:
        RefusedChange: it is of another type, device, file or address than is allowed.
    """
    if not isinstance(new, Mapping):
        return new if new is not None else _missing()
    was = _section(_without_secrets(old, child_schema(_SCHEMA, "source")))
    kind = str(new.get("type", "")).lower()
    if kind not in SOURCES:
        if old and same(new, was):
            return dict(old)
        raise RefusedChange("source.type", "cannot be chosen on the page", ", ".join(SOURCES))
    is_same_type = kind == str(old.get("type", "")).lower()
    match kind:
        case "url":
            return _address(new, old if is_same_type else {})
        case "file" if not (is_same_type and same(new, was)):
            _check_file(new, recordings)
        case "v4l2" if not same(new.get("device"), old.get("device")):
            device = new.get("device")
            if isinstance(device, str) and (not _DEVICE.fullmatch(device) or ".." in device):
                raise RefusedChange(
                    "source.device", "is not a camera", "a number, an id, /dev/video… or /dev/v4l/by-…"
                )
        case _:
            pass
    for key, value in new.items():
        if key != "path":
            _check_paths(value, was.get(key), _key_of(kind, key), ("source", key))
    return dict(new)


def _missing() -> object:
    raise RefusedChange("source", "is missing", f"a section with type: {', '.join(SOURCES)}")


def _key_of(kind: str, key: str) -> KeySchema | None:
    source = child_schema(_SCHEMA, "source")
    model = source.variants().get(kind) if source is not None else None
    return None if model is None else child_schema(section_schema(model), key)


def _check_file(source: Data, recordings: Path) -> None:
    if source.get("format") is not None:
        raise RefusedChange(
            "source.format", "cannot be set on the page", "pictures and videos, whose format is in the file"
        )
    path = Path(str(source.get("path") or ""))
    folders = (*FOLDERS, recordings.absolute())
    named = ", ".join(map(str, folders))
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        real = Path()
    if not path.is_absolute() or not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise RefusedChange("source.path", "is not in a folder for pictures", f"a path in {named}")
    if not real.is_dir() and real.suffix.lower() not in SUFFIXES:
        raise RefusedChange(
            "source.path", "is neither a folder nor a picture or video", " ".join(sorted(SUFFIXES))
        )


def _address(new: Data, old: Data) -> dict[str, object]:
    """Return a network camera; its stored login is kept for the same address only, so that it goes nowhere else.

    Raises:
        RefusedChange: it names the file of a secret.
    """
    for key in new:
        if key.endswith(FILE_SUFFIX) and _is_secret(key, _key_of("url", key)):
            raise RefusedChange(
                f"source.{key}", "is a file or a secret, which cannot be set on the page", _IN_EDITOR
            )
    result = dict(new)
    stored = str(old.get("url") or "")
    given = str(result.get("url") or "")
    if not given or (stored and given == shown_address(stored)):
        result.pop("url", None)
        result |= {key: old[key] for key in ("url", "url_file") if key in old}
        is_same_place = bool(stored or "url_file" in old)
    else:
        if ELSEWHERE in given:
            raise RefusedChange("source.url", "is not complete", f"a whole address, without {ELSEWHERE}")
        is_same_place = bool(stored) and shown_address(stored) == shown_address(given)
    if is_same_place and "password" not in new:
        result |= {key: old[key] for key in ("password", "password_file") if key in old}
    return result
