"""Recordings: where they are kept and for how long, and what a camera records."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from mqttcam.settings.detections import Labels
from mqttcam.settings.section import Section, refuse

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BYTES = re.compile(r"(\d{1,18}(?:\.\d{1,6})?)\s*([kKmMgGtT]?)[bB]?")
_ALLOWED = "bytes, such as 10GB or 500MB"
_MAX_BYTES = 10**18


def parse_bytes(raw: object) -> int:
    """Return the bytes written as `10000000000`, `10GB` or `10 g`; the units are powers of 1,000, as disks have them.

    Raises:
        PydanticCustomError: it is something else, or over 10^18.
    """
    match = _BYTES.fullmatch(str(raw).strip()) if isinstance(raw, int | float | str) else None
    if match is None or isinstance(raw, bool):
        raise refuse("is not a number of bytes", _ALLOWED)
    count = round(float(match[1]) * _UNITS[match[2].lower()])
    if count > _MAX_BYTES:
        raise refuse("is out of range", _ALLOWED)
    return count


Bytes = Annotated[
    int,
    PlainValidator(parse_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": _MAX_BYTES},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*[kKmMgGtT]?[bB]?$"},
            ]
        }
    ),
]


class CameraKeepSettings(Section):
    """How long recordings of one camera are kept; the oldest are deleted first, favourites never."""

    days: float | None = Field(None, gt=0, le=36500, description="Days; default: as for all cameras.")
    size: Bytes | None = Field(None, description="Bytes on disk, such as 2GB; default: no limit of its own.")


class KeepSettings(Section):
    """How long recordings are kept; the oldest are deleted first, favourites never."""

    days: float | None = Field(14.0, gt=0, le=36500, description="Days; null: no limit.")
    size: Bytes | None = Field(
        10_000_000_000, description="Bytes on disk of all recordings together, such as 10GB; null: no limit."
    )
    free: Bytes = Field(1_000_000_000, description="Bytes of the disk that stay free, such as 1GB.")


class RecordingsSettings(Section):
    """The recordings of all cameras."""

    path: Path | None = Field(None, description="The folder; default: `recordings` in `state_dir`.")
    keep: KeepSettings = Field(default_factory=KeepSettings, description="How long they are kept.")


class RecordSettings(Section):
    """What a camera records."""

    on_motion: bool = Field(
        True, description="Record while there is motion; the state set by a command survives a restart."
    )
    on_detection: Labels = Field(
        (), description="Record while one of these labels of `detections` is seen, such as [person]."
    )
    before: float = Field(5.0, ge=0, le=60, description="Seconds recorded before the motion.")
    after: float = Field(10.0, ge=0, le=3600, description="Seconds recorded after the last movement.")
    longest: float = Field(
        300.0, ge=5, le=3600, description="Seconds of one file; longer recordings have several files."
    )
    continuous: bool = Field(False, description="Record continuously, in files of `longest` seconds.")
    keep: CameraKeepSettings = Field(
        default_factory=CameraKeepSettings, description="How long this camera's recordings are kept."
    )
