"""picamera2 itself: loaded with the first camera, one open or close at a time, a camera found among those attached."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.failures import in_words

log = logging.getLogger(__name__)

LOCK_TIMEOUT = 10.0
"""Seconds to wait for another camera of this process to be opened or closed; it takes about one."""
_TUNING = "LIBCAMERA_RPI_TUNING_FILE"
_TUNING_FOLDERS = ("/usr/local/share/libcamera/ipa/rpi", "/usr/share/libcamera/ipa/rpi")
_INSTALL = (
    "on Raspberry Pi OS: sudo apt install python3-picamera2, and mqttcam in a virtual environment made with "
    "python3 -m venv --system-site-packages"
)

_lock = threading.Lock()
_open_cameras = 0


def load() -> tuple[Any, Any]:
    """The class `Picamera2` and the module `libcamera`.

    Raises:
        SourceError: it is not installed, or cannot be loaded; the message says what to do.
    """
    # libcamera writes to standard error past our log: only what matters.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        import libcamera
        from picamera2 import Picamera2
    except ModuleNotFoundError as error:
        raise SourceError(f"{error.name} is not installed; {_INSTALL}") from error
    except Exception as error:
        # A numpy that does not fit is a ValueError, a missing kernel module an OSError.
        raise SourceError(f"picamera2 cannot be loaded: {in_words(error)}; {_INSTALL}") from error
    return Picamera2, libcamera


@contextlib.contextmanager
def opening() -> Iterator[None]:
    """Held while a camera of this process is opened: libcamera's manager is one for all of them.

    Raises:
        SourceError: another camera has held it for too long.
    """
    if not _lock.acquire(timeout=LOCK_TIMEOUT):
        raise SourceError(
            f"another camera of this process hangs in libcamera for more than {LOCK_TIMEOUT:.0f} s"
        )
    try:
        yield
    finally:
        _lock.release()


@contextlib.contextmanager
def closing() -> Iterator[None]:
    """Held while a camera is closed; it is closed even where another one hangs: privacy comes first."""
    held = _lock.acquire(timeout=LOCK_TIMEOUT)
    if not held:
        log.warning("closing a camera while another one hangs in libcamera")
    try:
        yield
    finally:
        if held:
            _lock.release()


def start(picamera2: Any, index: int, tuning: str | None) -> Any:
    """An acquired `Picamera2`; to be called within `opening`, and its end to be told by `ended`.

    Raises:
        Exception: whatever picamera2 raises; nothing is left open.
    """
    global _open_cameras
    camera = picamera2.__new__(picamera2)
    try:
        camera.__init__(index, tuning=tuning)
    except BaseException:
        # A constructor that fails leaves its pipe open; after a night of retries no file could be opened any more.
        with contextlib.suppress(AttributeError, OSError):
            os.close(camera.notifyme_w)
        with contextlib.suppress(AttributeError, OSError):
            camera.notifymeread.close()
        raise
    _open_cameras += 1
    return camera


def ended() -> None:
    """A camera of `start` was closed."""
    global _open_cameras
    _open_cameras -= 1


def refresh(picamera2: Any, tuning: str | None) -> None:
    """Look anew for cameras, with a tuning file; to be called within `opening`, before a camera is opened.

    libcamera reads the tuning file when it looks for cameras, once for all, and only while none is open.

    Raises:
        SourceError: an open camera has another tuning file.
    """
    if _open_cameras:
        if os.environ.get(_TUNING) != tuning:
            raise SourceError("all cameras of a process share one tuning_file: give each the same, or none")
        return
    if tuning is None:
        os.environ.pop(_TUNING, None)
    else:
        os.environ[_TUNING] = tuning
    picamera2._cm.reset()  # noqa: SLF001 - picamera2's own way to forget cameras, and it has no public name


def find(wanted: int | str, attached: Sequence[Any]) -> int:
    """The number of a camera in `Picamera2.global_camera_info()`, which is what the constructor takes.

    Raises:
        SourceError: it is not there, or more than one is meant.
    """
    if not attached:
        raise SourceError("no camera is attached, or its cable, or dtoverlay in config.txt, is wrong")
    if isinstance(wanted, int):
        if wanted < len(attached):
            return wanted
        raise SourceError(f"there is no camera number {wanted}; attached: {_names(attached)}")
    for key in ("Id", "Model"):
        matches = [index for index, info in enumerate(attached) if info.get(key) == wanted]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SourceError(
                f"there are {len(matches)} cameras {wanted}: name it by its id: {_names(attached)}"
            )
    raise SourceError(f"there is no camera {wanted}; attached: {_names(attached)}")


def _names(attached: Sequence[Any]) -> str:
    return ", ".join(
        f"{index}: {info.get('Model', '?')} ({info['Id']})" for index, info in enumerate(attached)
    )


def tuning_path(picamera2: Any, name: str | None) -> str | None:
    """The whole path of a tuning file; a bare name is one in libcamera's folder for this kind of Pi.

    Raises:
        SourceError: there is no such file.
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
