"""What is known of a recording and of the events in it."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

EventType = Literal["motion", "recording", "detection"]
Reason = Literal["motion", "detection", "command", "continuous"]
FOR_EVENTS: tuple[Reason, ...] = ("motion", "detection")
"""The reasons of recordings that are made for an event, and are listed as that."""
PictureKind = Literal["start", "best", "end"]
LARGEST_NS = 9 * 10**18
"""In the year 2255, and with the length of a recording still a whole number of 64 bits."""
LONGEST = 1e8
"""Seconds of a recording."""
_Nanoseconds = Annotated[int, Field(ge=0, le=LARGEST_NS)]
_Id = Annotated[str, Field(pattern=r"^[0-9a-z-]{1,64}$")]


def new_id(ts_ns: int) -> str:
    """Return an id of an event or recording that begins at a time, Unix nanoseconds; no other has it."""
    return f"{datetime.fromtimestamp(ts_ns // 10**9, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Event(_Value):
    """Something that happened in front of a camera.

    Attributes:
        id: unique for ever; part of addresses.
        begin_ns, end_ns: Unix nanoseconds; the end is None while it lasts.
        score: the percentage of the picture that changed, at its peak; None if it is not motion.
        zones: the zones in which there was motion.
        labels: what was detected.
    """

    id: _Id
    type: EventType
    begin_ns: _Nanoseconds
    end_ns: _Nanoseconds | None = None
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    zones: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Recording(_Value):
    """One file of video, with the events in it. As JSON, this is the file's sidecar.

    Attributes:
        id: unique for ever; part of addresses.
        camera: the camera's id.
        stem: path of its files without their suffixes (`.mp4`, `.jpg`, `-start.jpg`, `-end.jpg`, `.json`), relative to
            the folder of all recordings: `<camera>/<UTC date>/<UTC time>-<reason>`.
        reason: why it was begun.
        begin_ns: when its first frame was captured, Unix nanoseconds.
        seconds: its length.
        bytes: of all its files.
        keep: whether it is a favourite, which is never deleted to make room.
        events: those that began or went on in it.
        pictures: the still pictures beside it.
    """

    id: _Id
    camera: str
    stem: str
    reason: Reason
    begin_ns: _Nanoseconds
    seconds: float = Field(ge=0, le=LONGEST, allow_inf_nan=False)
    bytes: int = Field(ge=0, le=10**18)
    keep: bool = False
    events: tuple[Event, ...] = ()
    pictures: tuple[PictureKind, ...] = ()
