"""The progress of a series, which is stored beside its pictures."""

import logging
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from mqttcam.files import read_regular
from mqttcam.recordings.recording import LARGEST_NS

log = logging.getLogger(__name__)

_LARGEST_COUNT = 1 << 53
"""Up to this, a whole number in JSON is exact for every parser."""


class Progress(BaseModel):
    """The progress of a series: the content of its `series.json`.

    Attributes:
        started: when it was started, Unix seconds.
        pictures: the number of pictures since then.
        last: what the names of the last set of pictures begin with.
        video: the name of the video that grows.
        frames: the number of pictures in it.
    """

    started: float = Field(ge=0, le=LARGEST_NS / 1e9)
    pictures: int = Field(0, ge=0, le=_LARGEST_COUNT)
    last: str | None = None
    video: str | None = Field(None, pattern=r"^[0-9a-zTZ.-]+\.mp4$")
    frames: int = Field(0, ge=0, le=_LARGEST_COUNT)


def read_progress(path: Path) -> Progress | None:
    """Return the content of a `series.json`, or None if it is missing or invalid.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return Progress.model_validate_json(read_regular(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        log.warning("%s is invalid; the series starts counting again: %s", path, error.errors()[0]["msg"])
        return None
