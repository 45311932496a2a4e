"""Network cameras as processes that can be killed, stalled and started again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.sources.url import UrlCamera
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg_folder

_HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
RTSP_PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0 glib-networking gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "python3-gi"
)
_HAS_RTSP = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


StartCamera = Callable[..., CameraProcess]
OpenUrl = Callable[..., UrlCamera]


@pytest.fixture
def processes() -> Iterator[list[CameraProcess]]:
    started: list[CameraProcess] = []
    yield started
    for process in started:
        process.kill()


@pytest.fixture
def pictures(tmp_path: Path) -> list[bytes]:
    """What an HTTP camera sends."""
    return jpeg_folder(tmp_path / "pictures", count=4, width=320, height=240)


@pytest.fixture
def http_camera(processes: list[CameraProcess], pictures: list[bytes], tmp_path: Path) -> StartCamera:
    """Starts an HTTP camera: `(dialect, *credentials, port=0)`."""
    assert pictures

    def start(dialect: str = "plain", *credentials: str, port: int = 0) -> CameraProcess:
        command = http_camera_command(tmp_path / "pictures", dialect, *credentials, port=port)
        processes.append(CameraProcess(*command))
        return processes[-1]

    return start


@pytest.fixture(scope="session")
def rtsp_server() -> None:
    """Debian's GStreamer with its RTSP server."""
    if subprocess.run([SYSTEM_PYTHON, "-c", _HAS_RTSP], capture_output=True, check=False).returncode:
        leave_out(
            f"no RTSP server; install one with: apt-get install --no-install-recommends {RTSP_PACKAGES}"
        )


@pytest.fixture
def rtsp_camera(rtsp_server: None, processes: list[CameraProcess]) -> StartCamera:
    """Starts an RTSP camera: `(codec or H.264 file, *credentials, port=0)`."""

    def start(codec: str = "mjpeg", *credentials: str, port: int = 0) -> CameraProcess:
        script = str(_HERE / "rtsp_camera.py")
        processes.append(CameraProcess(SYSTEM_PYTHON, script, str(port), codec, *credentials))
        return processes[-1]

    return start


@pytest.fixture
def opened() -> Iterator[OpenUrl]:
    """Opens a network camera: `(url, **source settings)`; each is closed at the end."""
    cameras: list[UrlCamera] = []

    def open_one(url: str, *, camera: dict[str, Any] | None = None, **source: Any) -> UrlCamera:
        settings = CameraSettings(source=UrlSource(url=url, **source), **(camera or {}))  # type: ignore[arg-type]
        cameras.append(UrlCamera(settings, Wakeup()))
        cameras[-1].open()
        return cameras[-1]

    yield open_one
    for one in cameras:
        one.close()
