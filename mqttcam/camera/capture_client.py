"""Requests of the event loop to the open source: values, actions, pictures in full resolution."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import Picture, PictureSpec, refit_picture
from mqttcam.camera.source_calls import Result, SourceCall
from mqttcam.camera.status import CameraUnavailable


class CaptureClient:
    """Submits calls to the current capture, and awaits their results."""

    def __init__(
        self, capture: Callable[[], Capture | None], why_not: Callable[[], str], timeout: float
    ) -> None:
        """Do nothing yet.

        Args:
            capture: returns the capture of the open source, or `None` if no source is open.
            why_not: says in words why no source is open.
            timeout: seconds for a call that takes no time itself.
        """
        self._capture = capture
        self._why_not = why_not
        self._timeout = timeout

    async def call(self, submit: Callable[[Capture], SourceCall[Result]]) -> Result:
        """Return the result of a call.

        Raises:
            CameraUnavailable: no source is open, or it does not answer in time; a call that was begun is still
                completed.
            Exception: what the call raised.
        """
        capture = self._current()
        return await self._result(capture, submit(capture), self._timeout)

    async def take_still(self, spec: PictureSpec, max_bytes: int | None) -> Picture:
        """Return a picture in full resolution, of at most `max_bytes`.

        Raises:
            CameraUnavailable: no source is open, or is no longer when the picture is ready; or it does not fit.
            SourceError: the source could not take it.
        """
        capture = self._current()
        call = capture.take_still(spec.quality)
        taken = await self._result(capture, call, capture.still_timeout + self._timeout)
        picture = await asyncio.to_thread(refit_picture, taken, spec, max_bytes)
        if capture is not self._capture():
            raise CameraUnavailable(self._why_not())
        if picture is None:
            raise CameraUnavailable(f"the picture does not fit into {max_bytes} bytes")
        return picture

    def _current(self) -> Capture:
        if (capture := self._capture()) is None:
            raise CameraUnavailable(self._why_not())
        return capture

    async def _result(self, capture: Capture, call: SourceCall[Result], seconds: float) -> Result:
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
