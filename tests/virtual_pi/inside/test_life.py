"""Opening, closing and finding cameras; two cameras at once; a camera in use elsewhere."""

from __future__ import annotations

import gc
import os
import resource
import threading
import time
from collections.abc import Callable

import pytest
from picamera2 import Picamera2

from mqttcam.camera.capture import THREAD
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import attached, library
from tests.virtual_pi.inside.cameras import BARS, LINES, OpenCamera, source_of


def open_descriptors() -> int:
    gc.collect()
    return sum(is_open(descriptor) for descriptor in range(1024))


def is_open(descriptor: int) -> bool:
    """Count the file descriptors without /proc, which a chroot lacks."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_another_size_after_reopening() -> None:
    source = source_of(size="640x480")
    source.open()
    assert (frame := source.read(2)) is not None
    assert frame.width == 640
    source.close()
    other = source_of(size="1280x720")
    other.open()
    assert (frame := other.read(2)) is not None
    assert frame.width == 1280
    other.close()


def test_two_cameras_at_once(opened: OpenCamera) -> None:
    bars, lines = opened(BARS), opened(LINES, size=None)
    for _ in range(10):
        first, second = bars.read(2), lines.read(2)
        assert first is not None
        assert second is not None
        assert (first.width, second.width) == (640, 800)
    bars.close()
    assert lines.read(2) is not None, "closing one camera does not touch the other"


def test_two_cameras_opened_and_closed_by_their_own_threads() -> None:
    problems: list[BaseException] = []

    def live(camera: str) -> None:
        try:
            for _ in range(5):
                source = source_of(camera, size=None)
                source.open()
                assert source.read(2) is not None
                source.close()
        except BaseException as error:  # noqa: BLE001 - any of it is shown
            problems.append(error)

    threads = [threading.Thread(target=live, args=(camera,)) for camera in (BARS, LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []


@pytest.mark.parametrize("wanted", [0, "Virtual1", "virtual-lines"])
def test_found_by_number_id_or_model(opened: OpenCamera, wanted: int | str) -> None:
    # picamera2 sorts cameras backwards: its number 0 is the last id.
    source = opened(wanted, size=None)
    frame = source.read(2)
    assert frame is not None
    assert frame.width == 800


def test_error_of_a_missing_camera_lists_the_attached_ones() -> None:
    with pytest.raises(
        SourceError, match=r"no camera imx477; attached: 0: virtual-lines \(Virtual1\), 1: virtual-bars"
    ):
        source_of("imx477").open()
    with pytest.raises(SourceError, match="no camera number 5"):
        source_of(5).open()


def test_no_camera_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Picamera2, "global_camera_info", staticmethod(list))
    with pytest.raises(SourceError, match="no camera is attached"):
        source_of().open()


def test_camera_of_this_process_is_busy(opened: OpenCamera) -> None:
    # Of another process it would be as well, but virtual cameras are each process's own.
    source = opened(BARS)
    with pytest.raises(SourceError, match="in use by another program"):
        source_of(BARS).open()
    source.close()
    assert opened(BARS).read(2) is not None


def test_another_camera_of_this_process_is_named(opened: OpenCamera) -> None:
    def in_thread(camera_id: str, work: Callable[[], object]) -> str:
        """Run as in a capture thread; return the error."""
        said: list[str] = []

        def run() -> None:
            try:
                work()
            except SourceError as error:
                said.append(str(error))

        thread = threading.Thread(target=run, name=f"{THREAD}{camera_id}")
        thread.start()
        thread.join(20)
        return "".join(said)

    number = [camera["Id"] for camera in Picamera2.global_camera_info()].index(BARS)
    front, back = source_of(BARS), source_of(number)
    try:
        assert in_thread("front", front.open) == ""
        for _ in range(2):
            assert in_thread("back", back.open) == "it is in use by the camera front of this process"
        assert in_thread("front", front.close) == ""
        assert in_thread("back", back.open) == ""
        assert in_thread("front", front.open) == "it is in use by the camera back of this process"
    finally:
        front.close()
        back.close()


def test_close_can_be_called_twice_and_before_open() -> None:
    source = source_of()
    source.close()
    source.open()
    source.close()
    source.close()
    with pytest.raises(SourceError, match="not open"):
        source.read(0.1)
    with pytest.raises(SourceError, match="not open"):
        source.apply({"FrameRate": 30})


def test_200_openings_leave_nothing_behind() -> None:
    def once() -> None:
        source = source_of()
        source.open()
        assert source.read(2) is not None
        source.close()

    for _ in range(20):
        once()
    descriptors, threads = open_descriptors(), threading.active_count()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        once()
    assert open_descriptors() <= descriptors
    assert threading.active_count() <= threads
    # 200 sets of four buffers of 640x480 would be 370 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 20_000


def test_100_failed_openings_leave_nothing_behind(opened: OpenCamera) -> None:
    opened(BARS)

    def once() -> None:
        with pytest.raises(SourceError):
            source_of(BARS).open()

    once()
    descriptors = open_descriptors()
    for _ in range(100):
        once()
    assert open_descriptors() <= descriptors


def test_frame_that_is_still_referenced_does_not_keep_the_camera_open() -> None:
    source = source_of()
    source.open()
    frame = source.read(2)
    assert frame is not None
    assert frame.planes is not None
    source.close()
    descriptors = open_descriptors()
    again = source_of()
    again.open()
    assert again.read(2) is not None
    again.close()
    assert open_descriptors() <= descriptors
    assert frame.planes[0].shape == (480, 640)


def test_a_camera_that_hangs_while_it_is_opened_does_not_block_the_others() -> None:
    release = threading.Event()

    def hang() -> None:
        with library.opening():
            release.wait(20)

    source = source_of(LINES, lock_timeout=0.2, size=None)
    source.open()
    thread = threading.Thread(target=hang)
    thread.start()
    try:
        start = time.monotonic()
        with pytest.raises(SourceError, match="hangs in libcamera"):
            source_of(BARS, lock_timeout=0.2).open()
        source.close()
        assert time.monotonic() - start < 5
    finally:
        release.set()
        thread.join()


def test_attached_cameras() -> None:
    found = {camera.id: camera for camera in attached()}
    assert list(found) == [LINES, BARS]
    assert found[BARS].model == "virtual-bars"
    assert found[BARS].source == {"type": "picamera2", "camera": BARS}
    assert (1280, 720) in found[BARS].sizes
    names = {control.name: control.raw for control in found[BARS].controls}
    assert names == {"FrameRate": False, "FrameDurationLimits": True}


def test_attached_camera_that_is_in_use_is_listed_with_the_reason(opened: OpenCamera) -> None:
    opened(BARS)
    models = {camera.id: camera.model for camera in attached()}
    assert "in use" in models[BARS]
    assert models[LINES] == "virtual-lines"
