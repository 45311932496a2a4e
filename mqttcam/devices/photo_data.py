"""The content of a photo's files, made from a capture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from pydantic import JsonValue

from mqttcam import __version__
from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.still import Still
from mqttcam.recordings.photo import Photo, PhotoType
from mqttcam.recordings.photo_writer import PhotoData
from mqttcam.recordings.recording import new_id
from mqttcam.schedule import Location, local_zone

if TYPE_CHECKING:
    from mqttcam.imaging.exif_writer import PhotoInfo

USUAL_QUALITY = 95
"""JPEG quality of a photo whose source delivers no JPEG; a source's own JPEG is saved unchanged."""


class PhotoSpec(Struct, frozen=True):
    """The requested photo.

    Attributes:
        full_resolution: at the largest size of the camera.
        raw: with the data of the sensor.
        type: of its file.
        quality: of a JPEG, 1 to 100; `None`: as the source gives it, or `USUAL_QUALITY`.
    """

    full_resolution: bool = True
    raw: bool = False
    type: PhotoType = "jpeg"
    quality: int | None = None


def make_photo(
    camera: Camera, location: Location | None, spec: PhotoSpec, still: Still
) -> tuple[Photo, PhotoData]:
    """Return a photo without its location on disk, and the content of its files. Callable from any thread.

    Raises:
        ValueError: the source's JPEG is broken.
        SessionEnded: the camera was closed meanwhile.
    """
    from mqttcam.imaging.exif_writer import exif_of, with_exif
    from mqttcam.imaging.rgb_image import histogram, png

    frame = still.frame
    metadata = _metadata(camera, frame)
    info = _info(camera, location, frame, metadata)
    raster = frame.raster()
    if spec.type == "png":
        picture, size = png(raster, exif_of(info)), (frame.width, frame.height)
    else:
        jpeg = _jpeg(frame, spec.quality)
        picture, size = with_exif(jpeg.jpeg, info), (jpeg.width, jpeg.height)
    photo = Photo(
        id=new_id(frame.ts_ns),
        camera=camera.id,
        stem="",
        begin_ns=frame.ts_ns,
        bytes=0,
        type=spec.type,
        width=size[0],
        height=size[1],
        paused=still.paused,
        metadata=metadata,
        histogram=histogram(raster),
    )
    return photo, PhotoData(picture, still.dng)


def _jpeg(frame: Frame, quality: int | None) -> Picture:
    as_it_came = PictureSpec()
    if quality is None and frame.is_ready(as_it_came) and frame.jpeg is not None:
        return frame.picture(as_it_came)
    return frame.picture(PictureSpec(quality or USUAL_QUALITY))


def _metadata(camera: Camera, frame: Frame) -> dict[str, JsonValue]:
    """Return the metadata of a frame, or the values of the controls if the camera reports no metadata."""
    if frame.metadata:
        return {name: _json(value) for name, value in frame.metadata.items()}
    values = camera.values
    return {control.name: _json(values.get(key)) for key, control in tuple(camera.controls.items())}


def _json(value: object) -> JsonValue:
    if isinstance(value, tuple | list):
        return [_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _info(
    camera: Camera, location: Location | None, frame: Frame, metadata: Mapping[str, JsonValue]
) -> PhotoInfo:
    from mqttcam.imaging.exif_writer import PhotoInfo

    source = camera.info
    exposure, analogue, focus = (
        _number(metadata, name) for name in ("ExposureTime", "AnalogueGain", "LensPosition")
    )
    digital = _number(metadata, "DigitalGain")
    return PhotoInfo(
        taken=datetime.fromtimestamp(frame.ts_ns / 1e9, local_zone()),
        software=f"mqttcam {__version__}",
        description=camera.name,
        make=None if source is None else source.manufacturer,
        model=None if source is None else source.model,
        lens=source.model if source is not None and frame.metadata else None,
        exposure=None if exposure is None else exposure / 1e6,
        gain=None if analogue is None else analogue * (1.0 if digital is None else digital),
        focus=focus,
        latitude=None if location is None else location.latitude,
        longitude=None if location is None else location.longitude,
    )


def _number(metadata: Mapping[str, JsonValue], name: str) -> float | None:
    value = metadata.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
