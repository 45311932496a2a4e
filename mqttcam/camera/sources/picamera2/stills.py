"""Pictures in full resolution. The stream pauses for them, unless its own frames are such pictures."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import library
from mqttcam.camera.sources.picamera2.encoder import PiEncoder
from mqttcam.camera.sources.picamera2.failures import in_words, is_memory
from mqttcam.camera.sources.picamera2.running import RunningCamera
from mqttcam.camera.still import Still

_TIMEOUT = 5.0
"""Seconds that a still picture may take, in addition to two frame periods."""


class StreamLost(SourceError):
    """The stream cannot resume after a still picture, so the camera has to be closed."""


class _PidngTooOld(SourceError):
    """Its message already says everything, unlike libcamera's errors."""


def take_still(
    running: RunningCamera, encoder: PiEncoder | None, lock_timeout: float, *, raw: bool = False
) -> Still:
    """Return a picture in full resolution. If the stream pauses for it, that takes a second or two.

    Args:
        encoder: encodes the stream; it pauses as well.
        lock_timeout: seconds to wait while another camera of this process is opened or closed.
        raw: with the data of the sensor.

    Raises:
        SourceError: there is too little camera memory, or the camera failed; the message says which.
        StreamLost: the camera has to be closed.
    """
    requests = running.requests
    requests.release()
    if not raw and running.stream_is_full_resolution:
        return _take_of_stream(running)
    if encoder is not None:
        encoder.stop()
    try:
        with library.opening(lock_timeout):
            running.start_still(raw=raw)
        # With a single buffer picamera2 keeps no request for later: it must be asked for it beforehand.
        job = running.camera.capture_request(wait=False)
        request = requests.result_of(job, _TIMEOUT + 2 * running.frame_interval)
        frame = running.frames.still(request).copy() if request is not None else None
        dng = _dng(request) if raw and request is not None else None
    except _PidngTooOld:
        raise
    except Exception as error:
        why = "too little camera memory for a full picture" if is_memory(error) else in_words(error)
        raise SourceError(f"no still picture: {why}") from error
    finally:
        _resume_stream(running, encoder, lock_timeout)
    if frame is None:
        raise SourceError("no still picture: it did not arrive in time")
    return Still(frame, dng, paused=True)


def _take_of_stream(running: RunningCamera) -> Still:
    """Return the first frame of the stream that is captured from now on."""
    begin_ns, end = time.time_ns(), time.monotonic() + _TIMEOUT + 2 * running.frame_interval
    while (left := end - time.monotonic()) > 0:
        request = running.requests.newest(left)
        if request is None:
            break
        frame = running.frames.frame(request)
        if frame.ts_ns >= begin_ns:
            return Still(frame.copy())
        running.requests.release()
    raise SourceError("no still picture: it did not arrive in time")


def _dng(request: Any) -> bytes:
    """Return the data of the sensor of a request as a DNG file. picamera2 writes it to a path, in all its versions.

    Raises:
        SourceError: the installed pidng is older than this picamera2 needs, such as 4.0.9 on PyPI for picamera2 0.3.38.
    """
    with tempfile.TemporaryDirectory(prefix="mqttcam-") as folder:
        path = Path(folder) / "photo.dng"
        try:
            request.save_dng(str(path))
        except TypeError as error:
            raise _PidngTooOld(
                "there is no raw data, as the installed pidng is too old for picamera2: "
                f"use python3-picamera2 of Raspberry Pi OS ({error})"
            ) from error
        return path.read_bytes()


def _resume_stream(running: RunningCamera, encoder: PiEncoder | None, lock_timeout: float) -> None:
    try:
        running.requests.release()
        with library.opening(lock_timeout):
            running.start_stream()
        if encoder is not None:
            encoder.start()
    except Exception as error:
        raise StreamLost(f"the stream cannot resume after a still picture: {in_words(error)}") from error
