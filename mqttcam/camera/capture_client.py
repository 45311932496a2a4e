"""Requests of the event loop to the open source: values, actions, pictures in full resolution."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import SessionEnded
from mqttcam.camera.source_calls import Result, SourceCall
from mqttcam.camera.status import CameraUnavailable
from mqttcam.camera.still import Still


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

    async def take_still(self, make: Callable[[Still], Result], *, raw: bool = False) -> Result:
        """Take a picture in full resolution, and return what `make`, called in another thread, returns of it.

        Raises:
            CameraUnavailable: no source is open, or is no longer when the picture is ready; or none could be made.
            SourceError: the source could not take it.
        """
        capture = self._current()
        call = capture.take_still(raw=raw)
        still = await self._result(capture, call, capture.still_timeout + self._timeout)
        try:
            made = await asyncio.to_thread(make, still)
        except SessionEnded:
            raise CameraUnavailable(self._why_not()) from None
        except ValueError as error:
            raise CameraUnavailable(f"no picture could be made: {error}") from error
        if capture is not self._capture():
            raise CameraUnavailable(self._why_not())
        return made

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
