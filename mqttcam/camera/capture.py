"""One life of a source: a thread that opens it, reads frames, sets values between them, and closes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mqttcam.camera.control import Control, named
from mqttcam.camera.frame import Adjustment, Frame, Life
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.wake import Wake
from mqttcam.values import InvalidValue, Value

log = logging.getLogger(__name__)

OPEN_TIMEOUT = 20.0
"""Seconds that a source gets from its start to its first frame, where it does not ask for more."""
READ_TIMEOUT = 0.25
"""Seconds that a read may take without a frame; the longest that a request to stop goes unseen."""
_NOT_WANTED_PAUSE = 0.0002
"""Seconds until an unpaced source offers its next frame, where nobody could take the last one."""

MakeSource = Callable[[Wake], Source]
Publish = Callable[[Frame], bool]


class SourceFault(SourceError):
    """A source raised what no source should: a fault of the program, or of a library. It is the `__cause__`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open source has told.

    Attributes:
        values: of its controls by key, as they are now.
        remarks: in words, what is not as it was asked for.
        refused: those of them that are about a control.
    """

    info: SourceInfo
    values: Mapping[str, Value]
    remarks: Sequence[str]
    refused: Sequence[str]


class Listener(Protocol):
    """Who is told, on the loop and in the order of events, what becomes of a capture."""

    def opened(self, capture: Capture, opened: Opened) -> None:
        """The source is open."""

    def first_frame(self, capture: Capture, width: int, height: int) -> None:
        """Frames come, and pictures of them have this size."""

    def applied(self, capture: Capture, values: Mapping[str, Value]) -> None:
        """These values by key are in force now."""


@dataclass(eq=False, slots=True)
class Job:
    """Values to set by key, and where to say which took effect; `result` fails with what the source raised."""

    values: Mapping[str, Value]
    result: asyncio.Future[Mapping[str, Value]]


class Capture:
    """One source in its own thread, from open to close.

    Attributes:
        done: resolves on the loop when the thread has ended: with what failed, or with `None` after a request to stop.
        frames: published so far, those of earlier captures included.
        started, first_frame, last_frame: when it began, and when its first and its newest frame came, on the
            monotonic clock; 0.0 before the first.
        last_sign: when the source returned from anything last, on the monotonic clock.
        open_timeout: seconds that it may take to its first frame.
        interval: seconds to expect from frame to frame; 0.0 where nobody knows.
        thread_id: the kernel's number of the thread, once it runs.
    """

    def __init__(
        self,
        name: str,
        make_source: MakeSource,
        wanted: Sequence[tuple[str, object]],
        adjustment: Adjustment | None,
        publish: Publish,
        listener: Listener,
        first_seq: int,
    ) -> None:
        """Does nothing yet.

        Args:
            wanted: control values to set when it is open, in this order, by any spelling of their names.
            adjustment: for the frames of a source that does not adjust them itself.
            first_seq: number of the first frame.
        """
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._make_source = make_source
        self._wanted = wanted
        self._adjustment = adjustment
        self._publish = publish
        self._listener = listener
        self._wake = Wake()
        self._jobs: deque[Job] = deque()
        self._stopping = False
        self._life = Life()
        self._info: SourceInfo | None = None
        self._controls: dict[str, Control] = {}
        self.done: asyncio.Future[SourceError | None] = self._loop.create_future()
        self.frames = first_seq
        self.first_frame = self.last_frame = 0.0
        self.started = self.last_sign = time.monotonic()
        self.open_timeout = OPEN_TIMEOUT
        self.interval = 0.0
        self.thread_id: int | None = None

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: there can be no more threads.
        """
        threading.Thread(target=self._run, name=f"capture-{self._name}", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to close its source and end; `done` tells when it has. No frame gives a picture any more."""
        self._stopping = True
        self._life.over = True
        self._wake.set()

    def apply(self, values: Mapping[str, Value]) -> Job:
        """Set controls by key, between two frames; all of them or none."""
        job = Job(values, self._loop.create_future())
        self._jobs.append(job)
        self._wake.set()
        return job

    def withdraw(self, job: Job) -> bool:
        """Take back what was not begun; whether it was not."""
        with contextlib.suppress(ValueError, IndexError):  # it is gone from the queue: it was begun
            self._jobs.remove(job)
            return True
        return False

    # the thread

    def _run(self) -> None:
        self.thread_id = threading.get_native_id()
        problem: SourceError | None = None
        source: Source | None = None
        try:
            source = self._make_source(self._wake)
            self.open_timeout = max(OPEN_TIMEOUT, getattr(source, "open_timeout", 0.0))
            if not self._stopping:
                self._open(source)
                self._read(source)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the camera has to know that this has ended
            problem = _as_problem(error)
        try:
            if source is not None:
                source.close()
        except BaseException as error:  # noqa: BLE001
            log.warning("camera %s: its source cannot be closed: %s", self._name, error)
            problem = problem or _as_problem(error)
        self._tell(_resolve, self.done, problem)

    def _open(self, source: Source) -> None:
        info = self._info = source.open()
        self._controls = {control.key: control for control in info.controls}
        if getattr(source, "adjusts_itself", False):
            self._adjustment = None
        values: dict[str, Value] = {key: control.default for key, control in self._controls.items()}
        refused = self._set_wanted(source, values)
        self._look_at_pace(source)
        remarks = [*getattr(source, "notes", ()), *refused]
        self._tell(self._listener.opened, self, Opened(info, values, remarks, refused))

    def _set_wanted(self, source: Source, values: dict[str, Value]) -> list[str]:
        """Set one by one, so that a bad value costs none of the others; in words, what was refused."""
        refused = []
        for name, raw in self._wanted:
            control = named(self._controls.values(), name)
            if control is None:
                known = ", ".join(one.name for one in self._controls.values())
                refused.append(f"no control {name}" + (f"; there are {known}" if known else " or any other"))
                continue
            try:
                values.update(self._set(source, {control.key: control.kind.coerce(raw)}))
            except InvalidValue as error:
                refused.append(f"{control.name}: {error.message}")
            except Exception as error:  # a camera without this value is better than none
                log.debug("camera %s: %s cannot be set", self._name, control.name, exc_info=error)
                refused.append(f"{control.name}: {error}")
        return refused

    def _set(self, source: Source, values: Mapping[str, Value]) -> dict[str, Value]:
        """Set controls by key; the values that took effect."""
        names = {key: control.name for key, control in self._controls.items()}
        if unknown := values.keys() - names:
            raise InvalidValue(f"the camera has no control {min(unknown)}", sorted(names), min(unknown))
        keys = {name: key for key, name in names.items()}
        try:
            applied = source.apply({names[key]: value for key, value in values.items()})
        except InvalidValue as error:
            error.field = keys.get(error.field or "", error.field)
            raise
        return {keys[name]: value for name, value in applied.items() if name in keys}

    def _look_at_pace(self, source: Source) -> None:
        """How often frames are to be expected; a control may have changed that."""
        rate = self._info.frame_rate if self._info is not None else 0.0
        self.interval = getattr(source, "frame_interval", 0.0) or (1 / rate if rate else 0.0)
        self.last_sign = time.monotonic()

    def _read(self, source: Source) -> None:
        adjustment, publish, jobs, life = self._adjustment, self._publish, self._jobs, self._life
        unpaced = not self.interval
        while not self._stopping:
            while jobs:
                self._do(jobs.popleft(), source)
            frame = source.read(READ_TIMEOUT)
            now = self.last_sign = time.monotonic()
            if frame is None or self._stopping:
                continue
            frame.seq = self.frames
            frame.life = life
            if adjustment is not None:
                frame.adjustment = adjustment
            if not self.first_frame:
                self.first_frame = now
                self._tell(self._listener.first_frame, self, frame.width, frame.height)
            self.last_frame = now
            self.frames += 1
            if not publish(frame) and unpaced:
                # Nothing else holds this thread back, and it must not keep the loop from getting ready.
                self._wake.wait(_NOT_WANTED_PAUSE)

    def _do(self, job: Job, source: Source) -> None:
        try:
            applied = self._set(source, job.values)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            self._tell(_fail, job.result, error)
        else:
            self._look_at_pace(source)
            self._tell(self._listener.applied, self, applied)
            self._tell(_resolve, job.result, applied)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(callback, *arguments)


def _as_problem(error: BaseException) -> SourceError:
    if isinstance(error, SourceError):
        return error
    problem = SourceFault(f"{type(error).__name__}: {error}")
    problem.__cause__ = error
    return problem


def _resolve(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
