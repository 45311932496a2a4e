"""Recordings with the sound of RTSP cameras, by GStreamer's server."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.devices.camera import CameraDevice
from mqttcam.recordings.recorder import Recorder
from mqttcam.recordings.recording import Recording
from mqttcam.settings.recordings import RecordSettings
from tests.camera.sources.conftest import StartCamera
from tests.recordings.rig import Library, probe
from tests.support.cameras import running
from tests.support.devices import MakeDevice
from tests.support.waiting import until

pytest.importorskip("av")

from tests.video.test_audio import times_apart

MOST_APART = 0.3
"""Seconds: the server loses some of the first samples and pictures that it makes, and a busy machine delays what is
encoded. How exact mqttcam is shows in `tests/video/test_audio.py`.
"""


async def recorded(device: CameraDevice, folder: Path, seconds: float) -> Recording:
    """Return a recording of so many seconds, with a second before it."""
    library = Library(folder)
    recorder = Recorder("front", device.video, RecordSettings(before=1, after=0), library)
    recorder.camera_changed(enabled=True, running=True)
    reading = recorder._reading
    await until(lambda: reading._ring is not None and len(reading._ring) > 30, "the seconds before")
    assert reading._ring is not None
    held = [unit for group in reading._ring._groups for unit in group]
    assert any(unit.audio for unit in held)
    assert reading._ring.bytes == sum(unit.memory for unit in held)
    recorder.record(seconds, before=1)
    await until(lambda: library.added, "the recording")
    recorder.camera_changed(enabled=False, running=False)
    assert not reading._ring or not len(reading._ring), "nothing is kept of a camera that is off"
    await recorder.close()
    return library.added[0]


@pytest.mark.parametrize("codec", ["h264+aac", "h264+pcma", "mjpeg+pcmu"])
async def test_recordings_have_the_sound(
    rtsp_camera: StartCamera, make_device: MakeDevice, tmp_path: Path, codec: str
) -> None:
    url = f"rtsp://127.0.0.1:{rtsp_camera(codec).port}/camera"
    device = make_device(source={"type": "url", "url": url}, size=None)
    device.camera.start()
    try:
        await running(device.camera)
        recording = await recorded(device, tmp_path, 5)
    finally:
        await device.camera.stop()
    path = tmp_path / f"{recording.stem}.mp4"
    video, audio = probe(path, "-show_streams")["streams"]
    assert (video["codec_name"], audio["codec_name"], audio["profile"]) == ("h264", "aac", "LC")
    assert (audio["sample_rate"], audio["channels"]) == ("48000", 1)
    assert float(audio["start_time"]) == 0
    assert float(audio["duration"]) == pytest.approx(float(video["duration"]), abs=0.5)
    apart = times_apart(path, ends=True)
    assert apart[0] <= MOST_APART, apart
