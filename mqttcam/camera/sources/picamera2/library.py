"""The picamera2 library: loading it, finding a camera, and opening and closing one camera at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.failures import in_words
from mqttcam.text import as_root

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 10.0
"""Seconds to wait for another camera of this process to be opened or closed; it takes about one."""
_SENSOR_HDR = "imx708"
"""The Camera Module 3 does HDR in its sensor."""
_TUNING = "LIBCAMERA_RPI_TUNING_FILE"
_TUNING_FOLDERS = ("/usr/local/share/libcamera/ipa/rpi", "/usr/share/libcamera/ipa/rpi")

_lock = threading.Lock()
_open_cameras = 0


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


def start(picamera2: Any, index: int, tuning: str | None) -> Any:
    """Return an acquired `Picamera2`. Call this within `opening`, and `ended` after the camera was closed.

    Raises:
        Exception: any that picamera2 raises; nothing is left open.
    """
    global _open_cameras
    camera = picamera2.__new__(picamera2)
    try:
        camera.__init__(index, tuning=tuning)
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


def refresh(picamera2: Any, tuning: str | None) -> None:
    """Enumerate the cameras again, with a tuning file. Call this within `opening`, before a camera is opened.

    libcamera reads the tuning file when it enumerates the cameras, which is only possible while none is open.

    Raises:
        SourceError: an open camera has another tuning file.
    """
    if _open_cameras:
        if os.environ.get(_TUNING) != tuning:
            raise SourceError(
                "all cameras of a process share one tuning_file: configure the same for each of them, or none"
            )
        return
    if tuning is None:
        os.environ.pop(_TUNING, None)
    else:
        os.environ[_TUNING] = tuning
    picamera2._cm.reset()  # noqa: SLF001 - not public


def find(wanted: int | str, attached: Sequence[Any]) -> int:
    """Return the index of a camera in `Picamera2.global_camera_info()`, which is what the constructor takes.

    Raises:
        SourceError: there is no such camera, or more than one.
    """
    if not attached:
        raise SourceError("no camera is attached; check its cable, and dtoverlay in config.txt")
    if isinstance(wanted, int):
        if wanted < len(attached):
            return wanted
        raise SourceError(f"there is no camera number {wanted}; attached: {_names(attached)}")
    for key in ("Id", "Model"):
        matches = [index for index, info in enumerate(attached) if info.get(key) == wanted]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SourceError(f"there are {len(matches)} cameras {wanted}; use an id: {_names(attached)}")
    raise SourceError(f"there is no camera {wanted}; attached: {_names(attached)}")


def _names(attached: Sequence[Any]) -> str:
    return ", ".join(
        f"{index}: {info.get('Model', '?')} ({info['Id']})" for index, info in enumerate(attached)
    )


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


def tuning_path(picamera2: Any, name: str | None) -> str | None:
    """Return the absolute path of a tuning file; a bare name refers to libcamera's folder for this model of Pi.

    Raises:
        SourceError: the file does not exist.
    """
    if name is None:
        return None
    if "/" in name:
        candidates = [Path(name).expanduser()]
    else:
        platform = str(picamera2.platform.name).casefold()
        candidates = [Path(folder) / platform / name for folder in _TUNING_FOLDERS]
    for path in candidates:
        if path.is_file():
            return str(path.resolve())
    raise SourceError(f"there is no tuning file {', '.join(map(str, candidates))}")
