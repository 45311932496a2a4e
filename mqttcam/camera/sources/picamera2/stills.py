"""Pictures in full resolution, for which the stream pauses."""

from __future__ import annotations

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


def take_still(running: RunningCamera, encoder: PiEncoder | None, lock_timeout: float) -> Still:
    """Return a picture in the sensor's full resolution. The stream pauses for the second or two that it takes.

    Args:
        encoder: encodes the stream; it pauses as well.
        lock_timeout: seconds to wait while another camera of this process is opened or closed.

    Raises:
        SourceError: there is too little camera memory, or the camera failed; the message says which.
        StreamLost: the camera has to be closed.
    """
    requests = running.requests
    requests.release()
    if encoder is not None:
        encoder.stop()
    try:
        with library.opening(lock_timeout):
            running.start_still()
        # With a single buffer picamera2 keeps no request for later: it must be asked for it beforehand.
        job = running.camera.capture_request(wait=False)
        request = requests.result_of(job, _TIMEOUT + 2 * running.frame_interval)
        frame = running.frames.still(request).copy() if request is not None else None
    except Exception as error:
        why = "too little camera memory for a full picture" if is_memory(error) else in_words(error)
        raise SourceError(f"no still picture: {why}") from error
    finally:
        _resume_stream(running, encoder, lock_timeout)
    if frame is None:
        raise SourceError("no still picture: none came in time")
    return Still(frame, paused=True)


def _resume_stream(running: RunningCamera, encoder: PiEncoder | None, lock_timeout: float) -> None:
    try:
        running.requests.release()
        with library.opening(lock_timeout):
            running.start_stream()
        if encoder is not None:
            encoder.start()
    except Exception as error:
        raise StreamLost(f"the stream cannot resume after a still picture: {in_words(error)}") from error
