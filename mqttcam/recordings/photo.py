"""The description of a photo."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from mqttcam.recordings.recording import LARGEST_NS

PhotoType = Literal["jpeg", "png"]
Histogram = dict[str, tuple[int, ...]]
"""For `red`, `green` and `blue`: the number of counted pixels with each value from 0 to 255."""


class Photo(BaseModel):
    """A photo. As JSON, this is the sidecar of its files.

    Attributes:
        id: unique for ever; part of addresses.
        camera: the camera's id.
        stem: path of its files without their suffixes (`.jpg` or `.png`, `.dng`, `.json`), relative to the folder of
            all recordings: `<camera>/<UTC date>/<UTC time>-photo`.
        begin_ns: when it was captured, Unix nanoseconds.
        bytes: of all its files.
        keep: whether it is a favourite, which is never deleted to make room.
        type: of the picture's file.
        width, height: of the picture in pixels; 0 if unknown.
        raw: whether there is a DNG file with the data of the sensor.
        paused: whether the camera's stream was paused to take it.
        metadata: what the camera reported with it, by libcamera's names.
        histogram: of its channels; empty if unknown.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    id: Annotated[str, Field(pattern=r"^[0-9a-z-]{1,64}$")]
    camera: str
    stem: str
    begin_ns: Annotated[int, Field(ge=0, le=LARGEST_NS)]
    bytes: int = Field(ge=0, le=10**18)
    keep: bool = False
    type: PhotoType = "jpeg"
    width: int = Field(0, ge=0)
    height: int = Field(0, ge=0)
    raw: bool = False
    paused: bool = False
    metadata: dict[str, JsonValue] = {}
    histogram: Histogram = {}
