"""The checks of `check-pi.py` for how a camera is configured: modes, formats, colour spaces, photos, tuning files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pi_subject import RATE, NotOffered, Subject, coarse, frames, with_notes

from mqttcam.camera.sources.picamera2 import library
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.settings import Size
from mqttcam.settings.sources.picamera2 import PhotoStream

_ALIKE = 15.0
"""Mean difference of two pictures of the same scene, of 255: exposure and white balance are never quite the same."""


def sensor_modes(subject: Subject) -> str:
    """Open the camera in each mode of its sensor."""
    modes = subject.found.details.get("sensor_modes")
    if not isinstance(modes, dict) or not modes:
        raise NotOffered("the camera reports no sensor modes")
    for mode in modes:
        with subject.opened(sensor_mode=mode) as camera:
            frames(camera, 2)
            used = camera._running.describe()["sensor_mode"]  # noqa: SLF001
            assert used == mode, f"it uses {used} instead of {mode}"
            assert not [note for note in camera.notes if "sensor_mode" in note], camera.notes
    return ", ".join(modes)


def formats(subject: Subject) -> str:
    """Open the camera with each pixel format; the colours must be the same."""
    offered = subject.found.details.get("formats")
    assert isinstance(offered, list)
    with subject.opened() as camera:
        usual = colours(camera)
    for name in offered:
        with subject.opened(format=name) as camera:
            used = camera._running.describe()["format"]  # noqa: SLF001
            assert used == name, f"it gives {used} instead of {name}"
            same(name, colours(camera), usual)
    return ", ".join(offered)


def colour_spaces(subject: Subject) -> str:
    """Open the camera with each colour space; after conversion, the colours must be the same."""
    with subject.opened() as camera:
        if "sYCC" not in str(camera._running.config["colour_space"]):  # noqa: SLF001
            raise NotOffered("the camera does not give sYCC")
        usual = colours(camera)
    for name in ("Smpte170m", "Rec709"):
        with subject.opened(colour_space=name) as camera:
            assert not [note for note in camera.notes if "colour_space" in note], camera.notes
            same(name, colours(camera), usual)
    return "Smpte170m and Rec709 are converted"


def configured_photo(subject: Subject) -> str:
    """Take photos of another size than the sensor's, and in the aspect ratio of the stream."""
    size = Size(*min(subject.found.sizes))
    with subject.opened(photo=PhotoStream(size=size, buffers=2)) as camera:
        frames(camera, 2)
        photo = camera.take_still().frame
        assert (photo.width, photo.height) == size, f"{photo.width}x{photo.height} instead of {size}"
    with subject.opened(same_aspect=True) as camera:
        stream = frames(camera, 2)
        photo = camera.take_still().frame
        ratio = photo.width / photo.height / (stream.width / stream.height)
        assert abs(ratio - 1) < 0.01, f"{photo.width}x{photo.height} has another aspect ratio"
        return with_notes(camera, f"{size}; {photo.width}x{photo.height} in the aspect ratio of the stream")


def tuning_file(subject: Subject) -> str:
    """Load a copy of libcamera's tuning file with a higher black level, and a broken one."""
    picamera2, _ = library.load()
    name = f"{subject.found.model}.json"
    shipped = TuningFiles(None).find(name, str(picamera2.platform.name).casefold())
    if shipped is None:
        raise NotOffered(f"libcamera has no tuning file {name}")
    tuning = json.loads(shipped.read_bytes())
    black = next(one["rpi.black_level"] for one in algorithms(tuning) if "rpi.black_level" in one)
    with subject.opened() as camera:
        usual = black_level(camera)
    black["black_level"] = wanted = int(usual) + 1024
    with tempfile.TemporaryDirectory() as folder:
        files = TuningFiles(Path(folder))
        files.write(name, json.dumps(tuning).encode())
        with subject.opened(state_dir=Path(folder), tuning_file=name) as camera:
            assert not camera.notes, camera.notes
            found = black_level(camera)
            assert found == wanted, f"black level {found} instead of {wanted}: the file is not loaded"
        tuning["target"] = {"bcm2835": "pisp"}.get(tuning.get("target", "bcm2835"), "bcm2835")
        files.write("broken.json", json.dumps(tuning).encode())
        with subject.opened(state_dir=Path(folder), tuning_file="broken.json") as camera:
            frames(camera, 2)
            refused = "; ".join(camera.notes) or "the file for another kind of Pi is taken"
    with subject.opened() as camera:
        assert black_level(camera) == usual, "the tuning file is still loaded"
    return f"black level {usual} -> {wanted}; {refused}"


def algorithms(tuning: dict[str, Any]) -> Iterable[dict[str, Any]]:
    found = tuning.get("algorithms")
    return found if isinstance(found, list) else [tuning]


def black_level(camera: Any) -> int:
    levels: Any = frames(camera, RATE).metadata.get("SensorBlackLevels")
    if not levels:
        raise NotOffered("the camera reports no black level")
    return int(levels[0])


def colours(camera: Any) -> list[Any]:
    """Return the mean of each of 64x36 areas of the luma, and the mean of both chroma planes."""
    raster = frames(camera, 2 * RATE).raster()
    assert isinstance(raster, tuple)
    y, u, v = (plane.astype(np.float32) for plane in raster)
    return [coarse(y), u.mean(), v.mean()]


def same(name: str, seen: list[Any], usual: list[Any]) -> None:
    for plane, one, other in zip("YUV", seen, usual, strict=True):
        difference = float(np.abs(one - other).mean())
        assert difference < _ALIKE, f"{name}: {plane} differs by {difference:.1f}"
