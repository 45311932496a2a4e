"""One life of a source: a thread that opens it, reads frames, runs jobs between them, and closes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Adjustment, Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.wake import Wake
from mqttcam.values import InvalidValue, Value

log = logging.getLogger(__name__)

READ_TIMEOUT = 0.25
"""Seconds that a read may take without a frame; the longest that a request to stop goes unseen."""


class Listener(Protocol):
    """Who is told, on the loop, what becomes of a capture."""

    def opened(self, info: SourceInfo, values: Mapping[str, Value], refused: list[str]) -> None:
        """The source is open, with these control values by key; `refused` says in words which were not taken."""

    def first_frame(self) -> None:
        """Frames come."""


_NOT_WANTED_PAUSE = 0.0002
"""Seconds until an unpaced source offers its next frame, where nobody could take the last one."""

MakeSource = Callable[[Wake], Source]
Publish = Callable[[Frame], bool]


class Capture:
    """One source in its own thread, from open to close.

    Attributes:
        done: resolves on the loop when the thread has ended: with `None` after a request to stop, else with what failed.
        frames: published so far.
        last_frame: when the newest came, on the monotonic clock; 0.0 before the first.
    """

    def __init__(
        self,
        name: str,
        make_source: MakeSource,
        wanted: Mapping[str, object],
        adjustment: Adjustment | None,
        publish: Publish,
        listener: Listener,
        first_seq: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._make_source = make_source
        self._wanted = wanted
        self._adjustment = adjustment
        self._publish = publish
        self._listener = listener
        self._wake = Wake()
        self._jobs: deque[Callable[[Source], None]] = deque()
        self._stopping = False
        self._unpaced = False
        self._controls: dict[str, Control] = {}
        self.done: asyncio.Future[SourceError | None] = self._loop.create_future()
        self.started = time.monotonic()
        self.frames = first_seq
        self.last_frame = 0.0
        self._thread = threading.Thread(target=self._run, name=f"capture-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to close its source and end; `done` tells when it has."""
        self._stopping = True
        self._wake.set()

    async def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, between two frames; the values that took effect.

        Raises:
            InvalidValue, SourceError: nothing was changed.
        """
        result: asyncio.Future[Mapping[str, Value]] = self._loop.create_future()

        def job(source: Source) -> None:
            try:
                applied = self._apply(source, values)
            except Exception as error:  # noqa: BLE001 - it is the caller's
                self._tell(_fail, result, error)
            else:
                self._tell(_succeed, result, applied)

        self._jobs.append(job)
        self._wake.set()
        return await result

    # the thread

    def _run(self) -> None:
        problem: SourceError | None = None
        source: Source | None = None
        try:
            source = self._make_source(self._wake)
            self._open(source)
            self._read(source)
        except SourceError as error:
            problem = error
        except Exception as error:
            log.exception("%s: the source failed", self._thread.name)
            problem = SourceError(f"{type(error).__name__}: {error}")
        finally:
            if source is not None:
                problem = _close(source) or problem
            self._tell(_succeed, self.done, problem)

    def _open(self, source: Source) -> None:
        info = source.open()
        self._unpaced = not info.frame_rate
        self._controls = {control.key: control for control in info.controls}
        values: dict[str, Value] = {key: control.default for key, control in self._controls.items()}
        refused = self._apply_wanted(source, values)
        self._tell(self._listener.opened, info, values, refused)

    def _apply_wanted(self, source: Source, values: dict[str, Value]) -> list[str]:
        """Set what is configured, one by one, so that one bad value costs none of the others; what was refused."""
        refused = []
        by_name = {key.replace("_", ""): key for key in self._controls}
        for name, raw in self._wanted.items():
            key = by_name.get(name.replace("_", "").casefold())
            if key is None:
                refused.append(f"it has no control {name}; it has {', '.join(c.name for c in self._controls.values())}")
                continue
            try:
                values.update(self._apply(source, {key: self._controls[key].kind.coerce(raw)}))
            except InvalidValue as error:
                refused.append(f"{self._controls[key].name}: {error.message}")
        return refused

    def _apply(self, source: Source, values: Mapping[str, Value]) -> dict[str, Value]:
        applied = source.apply({self._controls[key].name: value for key, value in values.items()})
        keys = {control.name: key for key, control in self._controls.items()}
        return {keys[name]: value for name, value in applied.items()}

    def _read(self, source: Source) -> None:
        adjustment = self._adjustment
        publish = self._publish
        unpaced = self._unpaced
        while not self._stopping:
            while self._jobs:
                self._jobs.popleft()(source)
            frame = source.read(READ_TIMEOUT)
            if frame is None:
                continue
            frame.seq = self.frames
            if adjustment is not None:
                frame.adjustment = adjustment
            if not publish(frame) and unpaced:
                # Nothing else holds this thread back, and it must not keep the loop from getting ready.
                self._wake.wait(_NOT_WANTED_PAUSE)
            self.frames += 1
            if not self.last_frame:
                self._tell(self._listener.first_frame)
            self.last_frame = time.monotonic()

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(callback, *arguments)


def _close(source: Source) -> SourceError | None:
    try:
        source.close()
    except Exception as error:
        log.exception("a source cannot be closed")
        return SourceError(f"cannot be closed: {error}")
    return None


def _succeed(future: asyncio.Future[object], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[object], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
