"""The picamera2 library: loading it, finding a camera, and opening and closing one camera at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.failures import in_words
from mqttcam.camera.sources.picamera2.tuning import Tunings
from mqttcam.text import as_root

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 10.0
"""Seconds to wait for another camera of this process to be opened or closed; it takes about one."""
_SENSOR_HDR = "imx708"
"""The Camera Module 3 does HDR in its sensor."""
TUNINGS = Tunings()
"""Of this process, as libcamera is."""

_lock = threading.Lock()
_open_cameras = 0
_must_close = False


def load() -> tuple[Any, Any]:
    """Return the class `Picamera2` and the module `libcamera`.

    Raises:
        SourceError: picamera2 is not installed, or cannot be loaded; the message says what to do.
    """
    # libcamera writes to standard error, not to the log; limit that to warnings.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        import libcamera
        from picamera2 import Picamera2
    except ModuleNotFoundError as error:
        raise SourceError(f"{error.name} is not installed; {_how_to_install()}") from error
    except Exception as error:
        # An incompatible numpy raises ValueError, a missing kernel module OSError.
        raise SourceError(f"picamera2 cannot be loaded: {in_words(error)}; {_how_to_install()}") from error
    return Picamera2, libcamera


def _how_to_install() -> str:
    command = as_root("apt install python3-picamera2")
    return (
        f"on Raspberry Pi OS: {command}, and mqttcam in a virtual environment made with "
        "python3 -m venv --system-site-packages"
    )


@contextlib.contextmanager
def opening(timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold the lock while a camera is opened, as all cameras of a process share libcamera's manager.

    Args:
        timeout: seconds to wait for another camera.

    Raises:
        SourceError: another camera held the lock for longer than that.
    """
    if not _lock.acquire(timeout=timeout):
        raise SourceError(f"another camera of this process hangs in libcamera for more than {timeout:g} s")
    try:
        yield
    finally:
        _lock.release()


@contextlib.contextmanager
def closing(timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold the lock while a camera is closed. For privacy, it is closed even if another one hangs.

    Args:
        timeout: seconds to wait for another camera.
    """
    held = _lock.acquire(timeout=timeout)
    if not held:
        log.warning("closing a camera while another one hangs in libcamera")
    try:
        yield
    finally:
        if held:
            _lock.release()


def start(picamera2: Any, index: int) -> Any:
    """Return an acquired `Picamera2`. Call this within `opening`, and `ended` after the camera was closed.

    Raises:
        Exception: any that picamera2 raises; nothing is left open.
    """
    global _open_cameras
    camera = picamera2.__new__(picamera2)
    try:
        camera.__init__(index)
    except BaseException:
        # A failed constructor leaves its pipe open; a night of retries would use up all file descriptors.
        with contextlib.suppress(AttributeError, OSError):
            os.close(camera.notifyme_w)
        with contextlib.suppress(AttributeError, OSError):
            camera.notifymeread.close()
        raise
    _open_cameras += 1
    return camera


def ended() -> None:
    """Note that a camera returned by `start` was closed."""
    global _open_cameras
    _open_cameras -= 1


def refresh(picamera2: Any, state_dir: Path | None = None) -> None:
    """Enumerate the cameras again, with the wanted tuning files. Call this within `opening`, before one is opened.

    libcamera loads tuning files when it enumerates the cameras, which is only possible while all of them are closed. A
    tuning file with which it no longer finds the camera is not used.

    Args:
        state_dir: where the tuning files of this process are named; the folder for temporary files by default.

    Raises:
        SourceError: other cameras have to be closed first; they are, as `must_close` holds for them from now on.
    """
    global _must_close
    if _open_cameras:
        if TUNINGS.are_loaded(picamera2.global_camera_info()):
            return
        _must_close = True
        raise SourceError(
            "waiting until the other cameras are closed, so that libcamera can load a tuning file"
        )
    _must_close = False
    folder = Path(tempfile.gettempdir()) if state_dir is None else state_dir
    TUNINGS.unload()
    picamera2._cm.reset()  # noqa: SLF001 - not public
    attached = picamera2.global_camera_info()
    while not TUNINGS.are_loaded(attached):
        TUNINGS.load(attached, folder)
        picamera2._cm.reset()  # noqa: SLF001
        TUNINGS.reject_missing(attached, picamera2.global_camera_info())


def must_close() -> bool:
    """Return whether every camera has to be closed and opened again, so that libcamera can load a tuning file."""
    return _must_close


def set_sensor_hdr(info: Mapping[str, Any], hdr: bool) -> bool:
    """Turn HDR on or off in the sensor, if it has it; return whether the sensor does HDR now.

    Args:
        info: the camera's entry in `Picamera2.global_camera_info()`. The camera must not be open.
    """
    if not str(info.get("Model", "")).startswith(_SENSOR_HDR):
        return False
    from picamera2.devices.imx708 import IMX708

    with IMX708(info["Num"]) as sensor:
        sensor.set_sensor_hdr_mode(hdr)
    return hdr
