"""The text in the frames of a camera: on each path, once, and only in frames that are read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hypothesis
import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.markings import Markings
from mqttcam.camera.overlay import Overlay
from mqttcam.imaging.orientation import rotation
from mqttcam.imaging.text_overlay import TextOverlay
from mqttcam.motion.detector import small_luma
from mqttcam.settings import CameraSettings
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera
from tests.camera.test_markings import CORNER, SIZE, bright, grey, luma_of, photo, read_only, with_thumbnail
from tests.support.cameras import running

MOMENT = 1_764_435_600_250_000_000
"""2025-11-29 17:00:00.25 UTC"""


def settings(**keys: Any) -> CameraSettings:
    given = {"source": {"type": "test_pattern"}, "name": "Gate", "overlay": {"size": 8}}
    return CameraSettings.model_validate(given | keys)


def markings(**keys: Any) -> Markings:
    made = Markings.from_settings(settings(**keys))
    assert made is not None
    return made


def overlay(text: str, name: str = "Gate") -> Overlay:
    made = markings(overlay={"text": text}, name=name).overlay
    assert made is not None
    return made


def frame_of(**options: Any) -> Frame:
    return Frame(MOMENT, *SIZE, **options)


FRAMES: dict[str, Callable[[], Frame]] = {
    "planes": lambda: frame_of(planes=bright()),
    "read-only planes": lambda: frame_of(planes=read_only()),
    "JPEG": lambda: frame_of(jpeg=photo()),
    "JPEG of a phone": lambda: frame_of(jpeg=with_thumbnail(photo(), 8)),
}
ADJUSTMENTS = [None, Adjustment(width=160, height=120), Adjustment(rotation(90)), Adjustment(rotation(180))]


@pytest.fixture(params=FRAMES)
def make(request: pytest.FixtureRequest) -> Callable[[], Frame]:
    return FRAMES[request.param]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def has_text(luma: Any) -> bool:
    """Whether there is text in the lower left corner of a bright picture, and nowhere else."""
    height, width = luma.shape
    rows = height * 13 // 16
    return bool(luma[rows:, : width // 2].min() < 60 and luma[: rows - height // 16].min() > 180)


@pytest.mark.parametrize("adjustment", ADJUSTMENTS, ids=str)
@pytest.mark.parametrize("spec", [PictureSpec(), PictureSpec(50), PictureSpec(max_width=100)])
def test_pictures(make: Callable[[], Frame], adjustment: Adjustment | None, spec: PictureSpec) -> None:
    frame = make()
    frame.adjustment = adjustment
    frame.markings = markings()
    for one in (frame, frame.copy()):
        assert not one.is_ready(spec) or spec in frame._pictures
        picture = one.picture(spec)
        assert has_text(grey(picture.jpeg))
        assert grey(picture.jpeg).shape == (picture.height, picture.width)


@pytest.mark.parametrize("max_width", [None, 100])
def test_video(make: Callable[[], Frame], max_width: int | None) -> None:
    frame = make()
    frame.markings = markings()
    for one in (frame, frame.copy()):
        assert has_text(luma_of(one.raster(max_width)))


def test_motion_detection_does_not_see_it(make: Callable[[], Frame]) -> None:
    frame = make()
    frame.markings = markings()
    frame.picture(PictureSpec())
    frame.copy().picture(PictureSpec(50))
    assert small_luma(frame).min() > 180


def test_it_does_not_stay_in_the_memory_of_the_source() -> None:
    planes = bright()
    frame = frame_of(planes=planes)
    frame.markings = markings()
    first = frame.picture(PictureSpec())
    assert (planes[0] == 210).all()
    again = frame_of(planes=planes)
    again.markings = markings()
    assert again.picture(PictureSpec()).jpeg == first.jpeg, "not one text over the other"


def test_over_a_privacy_mask() -> None:
    frame = frame_of(planes=bright())
    frame.markings = markings(overlay={"size": 8, "position": "top-left"}, privacy=[{"points": CORNER}])
    luma = grey(frame.picture(PictureSpec()).jpeg)
    assert luma[:30, :100].max() > 180
    assert luma[40:110, :150].max() < 12


def test_a_frame_that_nobody_reads_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = counted(monkeypatch)
    frame = frame_of(planes=bright())
    frame.markings = markings()
    small_luma(frame)
    assert drawn == []


def test_it_is_drawn_once_into_a_copy_that_several_threads_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = counted(monkeypatch)
    frame = frame_of(planes=bright())
    frame.markings = markings()
    copy = frame.copy()
    start = threading.Barrier(4)

    def read(number: int) -> bytes:
        start.wait()
        return copy.picture(PictureSpec(80 + number // 2)).jpeg if number else copy.raster(160)[0].tobytes()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))
    assert len(drawn) == 1


def test_a_small_picture_has_the_same_text() -> None:
    frame = frame_of(planes=bright())
    frame.markings = markings()
    large, small = grey(frame.picture(PictureSpec(95)).jpeg), grey(frame.picture(PictureSpec(95, 160)).jpeg)
    halved = large.reshape(120, 2, 160, 2).mean(axis=(1, 3))
    assert np.abs(halved - small).mean() < 2


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    drawn: list[str] = []
    real = TextOverlay.draw

    def draw(self: TextOverlay, raster: Any, text: str) -> Any:
        drawn.append(text)
        return real(self, raster, text)

    monkeypatch.setattr(TextOverlay, "draw", draw)
    return drawn


# what it says


@pytest.mark.usefixtures("utc")
def test_time_is_that_of_the_capture() -> None:
    frame = frame_of(planes=bright())
    made = overlay("{name} %Y-%m-%d %H:%M:%S")
    assert made.text(frame) == "Gate 2025-11-29 17:00:00"
    later = Frame(MOMENT + 2 * 10**9, *SIZE, planes=bright())
    assert made.text(later) == "Gate 2025-11-29 17:00:02"
    assert overlay("%H.%f").text(frame) == "17.250000"
    fractions = overlay("%f")
    assert [fractions.text(one) for one in (frame, later, Frame(MOMENT + 1000, *SIZE))] == [
        "250000",
        "250000",
        "250001",
    ]


def test_values_are_those_of_the_frame() -> None:
    metadata = {
        "ExposureTime": 20000,
        "AnalogueGain": 1.9953,
        "Lux": 123.456,
        "AfState": 2,
        "LensPosition": 1.0,
    }
    frame = frame_of(planes=bright(), metadata=metadata)
    frame.seq = 7
    text = "{seq}: {ExposureTime} µs, {AnalogueGain} x, {Lux} lx, {AfState}, {ColourTemperature} K"
    assert overlay(text).text(frame) == "7: 20000 µs, 2.0 x, 123.5 lx, Focused, – K"
    assert overlay("{Lux}").text(frame) == "123.5"


def test_a_name_is_written_as_it_is() -> None:
    frame = frame_of(planes=bright())
    assert overlay("{name}", "100 % {Lux}").text(frame) == "100 % {Lux}"
    assert overlay("{{{name}}} 50 %%", "Haustür").text(frame) == "{Haustür} 50 %"


@hypothesis.settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40) | st.text("%{}YfQ -\n", min_size=1, max_size=12))
def test_any_text_that_the_settings_take_can_be_drawn(text: str) -> None:
    try:
        found = markings(overlay={"text": text})
    except ValidationError:
        return
    frame = Frame(MOMENT, 64, 48, planes=bright(64, 48))
    frame.markings = found
    assert frame.picture(PictureSpec()).jpeg


def test_problems_are_named() -> None:
    assert overlay("{name} \U00020000").problem is not None
    assert overlay("Gate").problem is None


def test_a_file_that_is_no_font(tmp_path: Any) -> None:
    path = tmp_path / "no.ttf"
    path.write_text("no font")
    made = markings(overlay={"font": path}).overlay
    assert made is not None
    assert made.problem == f"{path} is not a font; another one is used"
    frame = frame_of(planes=bright())
    frame.markings = markings(overlay={"font": path, "size": 8})
    assert has_text(grey(frame.picture(PictureSpec()).jpeg))


async def test_every_frame_of_a_camera_has_it(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware()
    hardware.make_frame = lambda: Frame(time.time_ns(), *SIZE, bright())
    text = {"text": "\U00020000 %H:%M", "size": 8}
    camera = make_camera(hardware, settings={"overlay": text})
    camera.start()
    await running(camera)
    assert has_text(grey((await camera.take_snapshot(PictureSpec(), 5)).jpeg))
    assert caplog.text.count("overlay: the font lacks") == 1


def test_the_frame_without_it_is_bright() -> None:
    assert simplejpeg.decode_jpeg(photo(), "GRAY").min() > 180
