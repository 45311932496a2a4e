"""libcamera's failures, classified and described in words."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from mqttcam.camera.sources._in_use import in_use_words

_BUSY = ("device or resource busy", "in use", "failed to acquire")
_MEMORY = ("cannot allocate memory", "failed to allocate", "could not allocate", "out of memory")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes: picamera2 wraps libcamera's own message in two more exceptions."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def in_words(error: BaseException) -> str:
    """Return the message of the innermost cause, in one line."""
    *_, innermost = causes(error)
    text = " ".join(str(innermost).split())
    return text or type(innermost).__name__


def is_busy(error: BaseException) -> bool:
    """Return whether the camera is in use elsewhere."""
    return _any(error, errno.EBUSY, _BUSY)


def is_memory(error: BaseException) -> bool:
    """Return whether camera memory (CMA) is short, so that fewer or smaller buffers can help."""
    return _any(error, errno.ENOMEM, _MEMORY) or any(
        isinstance(cause, MemoryError) for cause in causes(error)
    )


def _any(error: BaseException, code: int, texts: tuple[str, ...]) -> bool:
    return any(
        (isinstance(cause, OSError) and cause.errno == code)
        or any(text in str(cause).casefold() for text in texts)
        for cause in causes(error)
    )


def busy_words(camera_id: str) -> str:
    """Return in words what uses the camera with this id of libcamera, as far as that can be determined."""
    return in_use_words("/dev/media*", held_as=camera_id)
