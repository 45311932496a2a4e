"""A series: pictures that are taken when they are due, and stored."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Literal, Protocol, TypeVar

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.recordings.ages import is_plausible
from mqttcam.recordings.series_files import stem_in
from mqttcam.recordings.worker import WorkerThread
from mqttcam.series.files import QuotaReached, SeriesFiles
from mqttcam.series.progress import Progress
from mqttcam.series.shots import Shot, ShotFailed, shots_of
from mqttcam.series.timetable import Clock, Timetable, wait_until
from mqttcam.series.timing import SeriesTiming
from mqttcam.settings.series import SeriesSettings

log = logging.getLogger(__name__)

T = TypeVar("T")
State = Literal["running", "paused", "stopped"]
STATES: tuple[State, State, State] = ("running", "paused", "stopped")


_TIMING = SeriesTiming()


class Photographer(Protocol):
    """Something that takes the pictures of a set, such as `CameraPhotographer`."""

    @property
    def enabled(self) -> bool:
        """Whether the camera is switched on."""

    async def take(
        self,
        shots: list[Shot],
        spec: PictureSpec,
        keep: Callable[[Shot, Picture], Awaitable[None]],
        *,
        full_resolution: bool,
    ) -> None:
        """Take a picture for each of `shots`; see `CameraPhotographer.take`."""


class Series:
    """One series. Everything is called on the event loop; the disk is accessed in a thread of its own.

    Attributes:
        state: whether pictures are taken.
        started: when it was started, Unix seconds; None before it ever was.
        pictures: the number of its pictures since then.
        next: when the next picture is due, Unix seconds; None without one.
        problem: why no picture can be taken or kept, in words.
        next_try: when the disk is checked again because of it, in seconds of the monotonic clock; None without one.
    """

    def __init__(
        self,
        name: str,
        settings: SeriesSettings,
        files: SeriesFiles,
        timetable: Timetable,
        photographer: Photographer,
        *,
        clock: Clock,
        on_change: Callable[[], None],
        on_state: Callable[[Series], None],
        on_picture: Callable[[Series, Picture], None],
        timing: SeriesTiming = _TIMING,
    ) -> None:
        """Do nothing until `load` is called.

        Args:
            on_change: called when an attribute has changed.
            on_state: called when `state` or `started` has changed, which are to be kept.
            on_picture: called with the picture of each set that is to be shown, once it is kept.
        """
        self.name = name
        self.state: State = "stopped"
        self.started: float | None = None
        self.pictures = 0
        self.next: float | None = None
        self.problem: str | None = None
        self.next_try: float | None = None
        self._settings = settings
        self._files = files
        self._timetable = timetable
        self._photographer = photographer
        self._clock = clock
        self._on_change = on_change
        self._on_state = on_state
        self._on_picture = on_picture
        self._timing = timing
        self._shots = shots_of(settings)
        self._worker = WorkerThread(f"series {name}")
        self._task: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None
        self._missed: str | None = None
        self._is_new = False

    @property
    def is_over(self) -> bool:
        """Whether the end of the series (`until`) has passed."""
        return self._clock.now() >= self._timetable.end

    @property
    def is_complete(self) -> bool:
        """Whether the series has all its pictures (`count`)."""
        return self._settings.count is not None and self.pictures >= self._settings.count

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return self._files.bytes

    def load(self, state: State, started: float | None) -> None:
        """Continue in the given state, with the existing files."""
        self.state, self.started = state, started
        self._begin(self._run() if state == "running" else self._look())

    def start(self) -> None:
        """Start from the beginning, or continue if the series is running or paused."""
        if self.state == "stopped":
            self.started, self._is_new = round(self._clock.now(), 3), True
            self.pictures = 0
        self.resume()

    def resume(self) -> None:
        """Continue, even if the series was stopped."""
        if self.state != "running":
            self._set_state("running")
            self._begin(self._run())

    def pause(self) -> None:
        """Take no pictures until `resume` is called."""
        self._halt("paused")

    def stop(self) -> None:
        """End the series."""
        self._halt("stopped")

    def try_again(self) -> None:
        """Check the disk now, if there is a problem."""
        if self.problem is not None and (self._checking is None or self._checking.done()):
            self._checking = asyncio.create_task(self._check(), name=f"check series {self.name}")

    async def close(self) -> None:
        """Stop all work; the series continue in the next process."""
        self._cancel()
        await asyncio.to_thread(self._worker.stop, self._timing.stop)

    # states

    def _halt(self, state: State) -> None:
        if self.state != state:
            self._cancel()
            self._set_state(state)

    def _set_state(self, state: State) -> None:
        log.info("series %s: %s", self.name, state)
        self.state, self.next = state, None
        if state != "running":
            self._set_problem(None)
        self._on_state(self)
        self._on_change()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._cancel()
        self._task = asyncio.create_task(work, name=f"series {self.name}")

    def _cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            if self._checking is not None:
                self._checking.cancel()
            self._worker.call(self._files.reset)  # after what it does now
            self._worker.call(self._files.end_group)

    # at work

    async def _look(self) -> None:
        """Repair what a crash has left and count the pictures, for a series that is not running."""
        if self.started is not None:
            await self._open()
            self._set_problem(None)

    async def _run(self) -> None:
        """Take pictures until the end; an unexpected error is reported, and does not end the series."""
        while True:
            try:
                await self._take_all()
            except Exception as error:
                log.exception("series %s failed", self.name)
                self._set_problem(f"an unexpected error: {type(error).__name__}: {error}")
                self._worker.call(self._files.reset)
                await self._clock.sleep(self._timing.check)
            else:
                return

    async def _take_all(self) -> None:
        while not await self._open() and self.started is None:
            await self._clock.sleep(self._timing.check)
        moment, self._is_new = 0.0 if self._is_new else self._clock.now(), False
        while not self.is_complete:
            started = self._clock.now() if self.started is None else self.started
            self.next = self._timetable.after(moment, started)
            if self.next is None and math.isfinite(self._timetable.end):
                break
            self._on_change()
            due = math.inf if self.next is None else self.next
            if due - self._clock.now() > self._timing.group:
                self._worker.call(self._files.end_group)
            if await wait_until(due, self._clock, self._timing.check, self._check):
                await self._take()
                moment = max(due, self._clock.now())
            else:
                moment = self._clock.now()
        log.info("series %s: ended with %d pictures", self.name, self.pictures)
        self._worker.call(self._files.end_group)
        self._set_state("stopped")

    async def _check(self) -> None:
        """Check again whether the disk is usable, so that a problem can end before the next picture."""
        if self.problem is not None:
            await self._open()

    async def _open(self) -> bool:
        """Open the files, and return whether that was possible."""
        if not is_plausible(round(self._clock.now() * 1e9)):
            self._set_problem("the clock of this machine is not set")
            return False
        try:
            progress = await self._disk(lambda: self._files.open(self.started, self._clock.now()))
        except (OSError, QuotaReached) as error:
            self._failed(error)
            return False
        if self.started is None:
            self.started, self._is_new = progress.started, not progress.pictures
            self._on_state(self)
        self._set_progress(progress)
        self._set_problem(self._files.video_problem)
        return True

    async def _take(self) -> None:
        """Take a set of pictures now; if that fails, it is not taken later."""
        if not self._photographer.enabled or not await self._open():
            return
        taken: list[tuple[str, Picture]] = []

        async def keep(shot: Shot, picture: Picture) -> None:
            stem = stem_in(taken[0][0]) if taken else None
            name = await self._disk(lambda: self._files.add(picture.ts_ns, shot.name, picture.jpeg, stem))
            taken.append((name, picture))

        settings = self._settings
        spec = PictureSpec(settings.quality)
        try:
            await self._photographer.take(self._shots, spec, keep, full_resolution=settings.full_resolution)
            progress = await self._disk(lambda: self._files.commit([name for name, _ in taken]))
        except (CameraUnavailable, SourceError) as error:
            self._worker.call(self._files.reset)
            self._set_missed(str(error))
            return
        except (OSError, QuotaReached, ShotFailed) as error:
            self._failed(error)
            return
        self._set_missed(None)
        self._set_problem(self._files.video_problem)
        self._set_progress(progress)
        self._on_picture(self, taken[len(taken) // 2][1])

    async def _disk(self, call: Callable[[], T]) -> T:
        """Return what `call` returns in the thread of the disk, however long that takes."""
        future = asyncio.wrap_future(self._worker.call(call))
        while True:
            await asyncio.wait([future], timeout=self._timing.answer)
            if future.done():
                return future.result()
            self._set_problem(f"the disk of {self._files.folder} does not answer")

    def _failed(self, error: Exception) -> None:
        self._worker.call(self._files.reset)
        self._set_problem(self._files.describe(error))

    def _set_progress(self, progress: Progress) -> None:
        if progress.pictures != self.pictures:
            self.pictures = progress.pictures
        self._on_change()

    def _set_missed(self, reason: str | None) -> None:
        if reason is not None and self._missed is None:
            log.warning("series %s: a picture was not taken: %s", self.name, reason)
        self._missed = reason

    def _set_problem(self, problem: str | None) -> None:
        problem = problem and f"series {self.name}: {problem}"
        self.next_try = None if problem is None else self._clock.monotonic() + self._timing.check
        if problem == self.problem:
            return
        if problem is None:
            log.info("series %s: continuing", self.name)
        elif self.problem is None:
            log.error("%s; retrying until it succeeds", problem)
        self.problem = problem
        self._on_change()
