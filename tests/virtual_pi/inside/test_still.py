"""A picture in full resolution, between two frames of a smaller stream."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any, BinaryIO

import libcamera
import numpy as np
import picamera2.request
import pytest
import rawpy
import simplejpeg
from msgspec.structs import replace
from picamera2 import CompletedRequest, Picamera2
from pidng.core import PICAM2DNG

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import streams
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import OpenCamera


def test_still_is_as_large_as_the_sensor_and_the_stream_goes_on(opened: OpenCamera) -> None:
    source = opened(size="640x480")
    assert source.read(2) is not None
    picture = source.take_still().frame.picture(PictureSpec(90))
    height, width, _ = simplejpeg.decode_jpeg(picture.jpeg).shape
    assert (width, height) == (picture.width, picture.height) == (1920, 1080)
    assert picture.quality == 90
    for _ in range(10):
        frame = source.read(2)
        assert frame is not None
        assert frame.width == 640


def test_what_a_privacy_mask_hides_is_black_in_a_still(opened: OpenCamera) -> None:
    source = opened(size="640x480", rotation=90, privacy=[{"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}])
    assert source.read(2) is not None
    grey = simplejpeg.decode_jpeg(source.take_still().frame.picture(PictureSpec(90)).jpeg, "GRAY")[..., 0]
    assert grey.shape == (1920, 1080)
    assert grey[:, :530].max() < 12
    assert grey[:, 560:].max() > 100
    frame = source.read(2)
    assert frame is not None
    assert simplejpeg.decode_jpeg(frame.picture(PictureSpec()).jpeg, "GRAY")[:, :236].max() < 12


def test_text_is_in_the_stream_and_in_a_still(opened: OpenCamera) -> None:
    source = opened(
        size="640x480", name="Gate", overlay={"background": "black", "size": 10, "position": "top-left"}
    )
    frame = source.read(2)
    assert frame is not None
    for picture in (frame.picture(PictureSpec(90)), source.take_still().frame.picture(PictureSpec(90))):
        grey = simplejpeg.decode_jpeg(picture.jpeg, "GRAY")[..., 0].astype(int)
        text = grey[: picture.height // 6, : picture.width // 3]
        assert text.max() > 200
        assert text.min() < 30


def test_controls_hold_for_the_still_and_after_it(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = libcamera.controls
    with bridge.offering({ids.Brightness: bridge.info(-1.0, 1.0, 0.0)}):
        source = opened(frame_rate=20)
        source.apply({"Brightness": 0.5})
        told: list[dict[str, object]] = []
        start = Picamera2.start_

        def spy(self: Picamera2) -> None:
            told.append(self.controls.make_dict())
            start(self)

        monkeypatch.setattr(Picamera2, "start_", spy)
        source.take_still()
        assert told == [{"FrameDurationLimits": (50000, 50000), "Brightness": 0.5}] * 2


def test_a_zoom_is_not_stretched_by_a_still_of_another_shape_and_is_the_same_after_it(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, rectangle = libcamera.controls, libcamera.Rectangle
    full = rectangle(0, 0, 4056, 3040)
    configure = Picamera2.configure_

    def configured(self: Picamera2, config: object) -> None:
        """As a Pi 5 does with a sensor of 4:3: its stream is 640x480 beside a small one, its still 1920x1080."""
        configure(self, config)
        is_still = self.camera_configuration()["main"]["size"] != (640, 480)
        shown = rectangle(0, 379, 4056, 2282) if is_still else full
        self.camera_ctrl_info["ScalerCrop"] = (
            ids.ScalerCrop,
            bridge.info(rectangle(0, 0, 64, 64), full, shown),
        )
        if not is_still:
            # Debian's libcamera lacks the Raspberry Pi's own names; this one is a list of windows, too.
            self.camera_ctrl_info["ScalerCrops"] = ids.AfWindows, bridge.info(shown, shown, shown)
            self.set_controls({"ScalerCrops": [full.to_tuple()] * 2})

    monkeypatch.setattr(Picamera2, "configure_", configured)
    told: list[dict[str, object]] = []

    def spy(self: Picamera2) -> None:
        told.append({name: value for name, value in self.controls.make_dict().items() if "Crop" in name})
        self.controls = type(self.controls)(self)  # a virtual camera has none of them
        start(self)

    start = Picamera2.start_
    monkeypatch.setattr(Picamera2, "start_", spy)
    source = opened(size="640x480")
    zoomed = (1014, 760, 2028, 1520)
    source.apply({"Zoom": 2.0})
    assert source._opened().table.native == {"ScalerCrop": zoomed}
    told.clear()
    source._camera.controls = type(source._camera.controls)(source._camera)
    source.take_still()
    assert told == [
        {"ScalerCrop": (677, 760, 2702, 1520)},
        {"ScalerCrop": zoomed, "ScalerCrops": [zoomed, zoomed]},
    ]


def test_too_little_memory_for_a_still_leaves_the_stream_alone(opened: OpenCamera) -> None:
    with bridge.memory(4 * 640 * 480 * 3 // 2):
        source = opened(size="640x480")
        with pytest.raises(SourceError, match="too little camera memory for a full picture"):
            source.take_still()
        frame = source.read(2)
    assert frame is not None
    assert frame.width == 640


def test_stream_that_cannot_resume_reports_why_to_every_caller(opened: OpenCamera) -> None:
    camera = opened(size="640x480")
    camera._opened().config = {"main": {"size": (0, 0), "format": "none"}}
    with pytest.raises(SourceError, match="cannot resume after a still picture"):
        camera.take_still()
    with pytest.raises(SourceError, match="cannot resume after a still picture"):
        camera.read(1.0)


def test_stream_in_full_resolution_does_not_pause_for_a_still(opened: OpenCamera) -> None:
    source = opened(size="1920x1080")
    frame = source.read(2)
    assert frame is not None
    seen, before = frame.ts_ns, time.time_ns()
    still = source.take_still()
    assert (still.frame.width, still.frame.height, still.paused) == (1920, 1080, False)
    assert still.frame.ts_ns >= before > seen
    assert source.read(2) is not None
    assert simplejpeg.decode_jpeg(still.frame.picture(PictureSpec(90)).jpeg).shape == (1080, 1920, 3)


def test_stream_pauses_for_a_still_that_is_configured_otherwise(opened: OpenCamera) -> None:
    source = opened(size="1920x1080", photo={"size": "1280x720"})
    assert source.read(2) is not None
    still = source.take_still()
    assert (still.frame.width, still.paused) == (1280, True)


def test_raw_is_of_the_same_capture(opened: OpenCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual cameras give no raw, so the stream for it is left out, and the file has the time of its request."""
    source = opened(size="1920x1080")
    assert not source.gives_raw
    running = source._running
    assert running is not None
    monkeypatch.setattr(running, "offered", replace(running.offered, raw_formats=("SRGGB12",)))
    assert source.gives_raw
    asked: list[bool] = []
    configure = streams.still

    def without_raw(*arguments: Any, raw: bool) -> dict[str, Any]:
        asked.append(raw)
        return configure(*arguments, raw=False)

    def save_dng(request: CompletedRequest, path: str) -> None:
        Path(path).write_text(str(request.get_metadata()["SensorTimestamp"]))

    monkeypatch.setattr(streams, "still", without_raw)
    monkeypatch.setattr(CompletedRequest, "save_dng", save_dng)
    assert source.read(2) is not None
    still = source.take_still(raw=True)
    assert (asked, still.paused) == ([True], True)
    assert still.dng == str(still.frame.metadata["SensorTimestamp"]).encode()
    frame = source.read(2)
    assert frame is not None
    assert source.take_still().dng is None


def test_raw_file_is_opened_by_a_raw_converter(opened: OpenCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data of the sensor are made up, as virtual cameras give none; picamera2 and pidng make the file of them."""
    source = opened(size="1920x1080")
    running = source._running
    assert running is not None
    configure = streams.still
    monkeypatch.setattr(streams, "still", lambda *arguments, raw: configure(*arguments, raw=False))
    size = (640, 480)
    bayer = np.tile(np.array([[3000, 1500], [1500, 800]], np.uint16), (size[1] // 2, size[0] // 2))

    def save_dng(request: CompletedRequest, path: str) -> None:
        measured = {"DigitalGain": 1.0, "ColourGains": (1.5, 2.0), "SensorBlackLevels": (256,) * 4}
        matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
        metadata = {"ExposureTime": 10000, "AnalogueGain": 2.0, "ColourCorrectionMatrix": matrix, **measured}
        stream = {
            "format": "SRGGB12",
            "size": size,
            "stride": 2 * size[0],
            "framesize": 2 * size[0] * size[1],
        }
        buffer = bayer.view(np.uint8).reshape(-1)
        request.picam2.helpers.save_dng(buffer, request.get_metadata() | metadata, stream, path)

    monkeypatch.setattr(CompletedRequest, "save_dng", save_dng)
    assert source.read(2) is not None
    with pytest.raises(SourceError, match="python3-picamera2"):  # pidng of PyPI is older than picamera2 wants
        source.take_still(raw=True)

    # Raspberry Pi OS's pidng also takes the model of the camera, and the file to write to.
    camera = picamera2.request.Picamera2Camera

    class Newer(PICAM2DNG):  # type: ignore[misc] # without types
        def convert(self, image: Any, file: BinaryIO) -> None:
            file.write(super().convert(image))

    monkeypatch.setattr(
        picamera2.request, "Picamera2Camera", lambda stream, metadata, _: camera(stream, metadata)
    )
    monkeypatch.setattr(picamera2.request, "PICAM2DNG", Newer)
    assert source.read(2) is not None
    still = source.take_still(raw=True)
    assert still.dng is not None
    with rawpy.imread(io.BytesIO(still.dng)) as raw:
        assert np.array_equal(raw.raw_image_visible, bayer)
        assert raw.postprocess().shape == (480, 640, 3)
