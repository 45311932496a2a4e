"""Where the event loop asks something of the source that is open: values, actions, a picture in full resolution."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import Picture, PictureSpec, refit_picture
from mqttcam.camera.source_calls import Result, SourceCall
from mqttcam.camera.status import CameraUnavailable

_TIMEOUT = 5.0
"""Seconds for what takes no time itself."""


class CaptureClient:
    """Hands jobs to the capture of the moment, and waits for what comes of them."""

    def __init__(self, capture: Callable[[], Capture | None], why_not: Callable[[], str]) -> None:
        """`capture` gives that of the open source, or `None` while there is none; `why_not` says why, in words."""
        self._capture = capture
        self._why_not = why_not

    async def call(self, submit: Callable[[Capture], SourceCall[Result]]) -> Result:
        """What a call gives.

        Raises:
            CameraUnavailable: no source is open, or it does not answer. What was begun is done all the same.
            Exception: what the call raised.
        """
        capture = self._open()
        return await self._outcome(capture, submit(capture), _TIMEOUT)

    async def take_still(self, spec: PictureSpec, max_bytes: int | None) -> Picture:
        """A picture in full resolution, made to fit.

        Raises:
            CameraUnavailable: no source is open, also by the time the picture is there; or it does not fit.
            SourceError: the source could take none.
        """
        capture = self._open()
        call = capture.take_still(spec.quality)
        taken = await self._outcome(capture, call, capture.still_timeout + _TIMEOUT)
        picture = await asyncio.to_thread(refit_picture, taken, spec, max_bytes)
        if capture is not self._capture():
            raise CameraUnavailable(self._why_not())
        if picture is None:
            raise CameraUnavailable(f"the picture does not fit into {max_bytes} bytes")
        return picture

    def _open(self) -> Capture:
        if (capture := self._capture()) is None:
            raise CameraUnavailable(self._why_not())
        return capture

    async def _outcome(self, capture: Capture, call: SourceCall[Result], seconds: float) -> Result:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait((call.result, capture.done), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise CameraUnavailable("the camera does not answer") from None
        finally:
            if not call.result.done():
                capture.calls.cancel(call)
                call.result.cancel()
        if call.result.cancelled():
            raise CameraUnavailable(self._why_not())
        return call.result.result()
