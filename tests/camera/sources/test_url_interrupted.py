"""RTSP peers that keep a camera waiting: each opening ends in time, and leaves neither thread nor socket."""

from __future__ import annotations

import threading
import time
from typing import get_args

import psutil
import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url import UrlCamera
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.rtsp_peer import Behaviour, RtspPeer
from tests.support.waiting import until, wait_for


def settings_of(peer: RtspPeer, timeout: float) -> CameraSettings:
    url = f"rtsp://127.0.0.1:{peer.port}/camera"
    return CameraSettings(source=UrlSource(url=url, timeout=timeout))  # type: ignore[arg-type]


def threads_of(peer: RtspPeer) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.endswith(f":{peer.port}")]


def left_over(peer: RtspPeer) -> list[object]:
    """Return the threads of the camera, and the sockets of this process to the peer."""
    sockets = [
        connection
        for connection in psutil.Process().net_connections()
        if connection.raddr and connection.raddr.port == peer.port
    ]
    return [*threads_of(peer), *sockets]


@pytest.mark.parametrize("behaviour", get_args(Behaviour))
def test_no_thread_and_no_socket_is_left_after_reopening(behaviour: Behaviour) -> None:
    with RtspPeer(behaviour) as peer:
        for _ in range(3):
            camera = UrlCamera(settings_of(peer, timeout=0.5), Wakeup())
            with pytest.raises(
                SourceError, match=r"does not answer within 0\.5 s|sends no picture within 2 s"
            ):
                camera.open()
            camera.close()
        wait_for(lambda: not left_over(peer), "threads and sockets are free")
        wait_for(lambda: not peer.open, "the peer sees the end of each connection")
        assert peer.accepted == 3


def test_one_connection_at_a_time() -> None:
    """A thread of FFmpeg that cannot be interrupted is waited for before the next connection."""
    with RtspPeer("no answer") as peer:
        for number in range(1, 4):
            wakeup = Wakeup()
            camera = UrlCamera(settings_of(peer, timeout=1.5), wakeup)
            errors: list[SourceError] = []

            def open_it(camera: UrlCamera = camera, errors: list[SourceError] = errors) -> None:
                try:
                    camera.open()
                except SourceError as error:
                    errors.append(error)

            thread = threading.Thread(target=open_it)
            thread.start()
            wait_for(lambda number=number: peer.accepted >= number, "it connects")  # type: ignore[misc]
            assert len(threads_of(peer)) == 1
            wakeup.end()
            thread.join(10)
            assert len(errors) == 1
            camera.close()
            assert len(threads_of(peer)) == 1, "it is still connecting"


async def test_camera_that_waits_for_its_peer_is_switched_off_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It must not count as hung: that would end in a new process."""
    with RtspPeer("no answer") as peer:
        camera = Camera("gate", settings_of(peer, timeout=60))
        camera.start()
        start = time.monotonic()
        for _ in range(3):
            await until(lambda: camera._supervisor.capture, "it is opened")
            camera.set_enabled(False)
            await until(lambda: not [t for t in threading.enumerate() if t.name == "capture-gate"], "closed")
            camera.set_enabled(True)
        await camera.stop()
        assert time.monotonic() - start < 30
        assert not camera.abandoned
        assert "hangs" not in caplog.text
