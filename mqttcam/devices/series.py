"""The series of one camera: their commands, their stored states, and what is published."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec, refit_picture
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.store import Store
from mqttcam.recordings.library import Library
from mqttcam.schedule import Location, parse
from mqttcam.series.files import SeriesFiles
from mqttcam.series.photographer import CameraPhotographer
from mqttcam.series.series import STATES, Series, State
from mqttcam.series.timetable import Clock, SystemClock, Timetable
from mqttcam.settings.series import SeriesSettings
from mqttcam.values import InvalidValue

SERIES_COMMANDS = ("start_series", "stop_series", "pause_series", "resume_series")
_PREFIX, _RESTORE = "series.", "series_restore"
_SHOWN_WIDTH = 1920
"""Maximum width in pixels of the published picture."""
_CLOCK = SystemClock()


class CameraSeries:
    """The series of one camera, by name.

    A command's state is kept in the store; what the files are is kept beside them.
    """

    def __init__(
        self,
        camera: Camera,
        store: Store,
        library: Library | None,
        observers: CameraObservers,
        lock: asyncio.Lock,
        *,
        changed: Callable[[], None],
        location: Location | None = None,
        clock: Clock = _CLOCK,
    ) -> None:
        """Take no picture before `start`.

        Args:
            library: of the recordings, in whose folder they are; `None` where nothing is kept, as without a daemon.
            observers: receive the pictures.
            lock: held while controls are set for a picture.
            changed: called on the loop after any change of what is shown.
        """
        self._camera = camera
        self._store = store
        self._library = library
        self._observers = observers
        self._changed = changed
        self._location = location
        self._clock = clock
        self._photographer = CameraPhotographer(camera, lock, self._remember)
        self._restoring: asyncio.Task[None] | None = None
        self._was_running = False
        self._showing: set[asyncio.Task[None]] = set()
        self._series = {name: self._make(name, one) for name, one in camera.settings.series.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all series."""
        return tuple(self._camera.settings.series)

    @property
    def failed(self) -> dict[str, Series]:
        """The series that currently take no pictures because of a problem, by name."""
        return {
            name: one for name, one in self._series.items() if one is not None and one.problem is not None
        }

    def state(self, name: str) -> State:
        """Return the state of a series."""
        series = self._series[name]
        return "stopped" if series is None else series.state

    def pictures(self, name: str) -> int:
        """Return the number of pictures of a series since it was started."""
        series = self._series[name]
        return 0 if series is None else series.pictures

    def next(self, name: str) -> str | None:
        """Return when the next picture of a series is due, as an ISO time in UTC; `None` without one."""
        series = self._series[name]
        if series is None or series.next is None:
            return None
        return datetime.fromtimestamp(int(series.next), UTC).isoformat()

    # life

    def start(self) -> None:
        """Continue each series in its stored state."""
        for name, series in self._series.items():
            if series is not None:
                series.load(*self._stored(name))

    def follow_camera(self) -> None:
        """Restore what an earlier process could not, once the camera runs; call this after each change of it."""
        running = self._camera.status is CameraStatus.RUNNING
        is_idle = self._restoring is None or self._restoring.done()
        if running and not self._was_running and is_idle and self._remembered():
            restore = self._photographer.restore(self._remembered)
            self._restoring = asyncio.create_task(restore, name=f"restore {self._camera.id}")
        self._was_running = running

    def interrupt(self) -> None:
        """Do without the sets that are being taken and keep others from setting values; see `CameraPhotographer`."""
        self._photographer.interrupt()

    async def close(self) -> None:
        """Stop all work; the series continue in the next process."""
        if self._restoring is not None:
            self._restoring.cancel()
        await asyncio.gather(*(series.close() for series in self._series.values() if series is not None))

    # commands

    def start_one(self, name: str) -> dict[str, object]:
        """Start a series; see `Series.start`. Return its new state by key, as the other commands do.

        Raises:
            CommandError: its end has passed, or there is no folder for recordings.
        """
        series = self._find(name)
        if series.is_over:
            raise CommandError(Code.UNAVAILABLE, f"the series {name} has ended (`until`)")
        return self._carry_out(series, series.start)

    def stop_one(self, name: str) -> dict[str, object]:
        """End a series.

        Raises:
            CommandError: there is no folder for recordings.
        """
        series = self._find(name)
        return self._carry_out(series, series.stop)

    def pause_one(self, name: str) -> dict[str, object]:
        """Pause a series.

        Raises:
            CommandError: it is stopped, or there is no folder for recordings.
        """
        series = self._find(name)
        if series.state == "stopped":
            raise CommandError(Code.UNAVAILABLE, f"the series {name} is stopped")
        return self._carry_out(series, series.pause)

    def resume_one(self, name: str) -> dict[str, object]:
        """Continue a series that is paused or was stopped.

        Raises:
            CommandError: it was never started, has all its pictures, its end has passed, or no folder.
        """
        series = self._find(name)
        if series.started is None:
            raise CommandError(Code.UNAVAILABLE, f"the series {name} was never started; use start_series")
        if series.is_complete:
            message = f"the series {name} has all its pictures (`count`); start_series starts it again"
            raise CommandError(Code.UNAVAILABLE, message)
        if series.is_over:
            raise CommandError(Code.UNAVAILABLE, f"the series {name} has ended (`until`)")
        return self._carry_out(series, series.resume)

    def set_running(self, name: str, running: bool) -> None:
        """Start, resume or pause a series; do nothing if that is not possible."""
        with contextlib.suppress(CommandError):
            (self.start_one if running else self.pause_one)(name)

    def _find(self, name: str) -> Series:
        if (series := self._series[name]) is None:
            raise CommandError(Code.NOT_SUPPORTED, "series need a folder for recordings")
        return series

    def _carry_out(self, series: Series, action: Callable[[], None]) -> dict[str, object]:
        action()
        return {f"series_{series.name}": series.state}

    # helpers

    def _make(self, name: str, settings: SeriesSettings) -> Series | None:
        if self._library is None:
            return None
        files = SeriesFiles(self._library.folder, self._camera.id, name, settings, self._library)
        return Series(
            name,
            settings,
            files,
            Timetable(parse(settings.schedule, self._location), settings.end),
            self._photographer,
            clock=self._clock,
            on_change=self._changed,
            on_state=self._keep,
            on_picture=self._show,
        )

    def _stored(self, name: str) -> tuple[State, float | None]:
        """Return the stored state of a series, and when it was started."""
        settings = self._camera.settings.series[name]
        kept = self._store.get(self._camera.id, _PREFIX + name, _kept, settings.enabled)
        return ("running" if settings.enabled else "stopped", None) if kept is None else kept

    def _keep(self, series: Series) -> None:
        value = {"state": series.state, "started": series.started}
        enabled = self._camera.settings.series[series.name].enabled
        self._store.set(self._camera.id, _PREFIX + series.name, value, enabled)

    def _remembered(self) -> Mapping[str, object] | None:
        return self._store.get(self._camera.id, _RESTORE, _object, None)

    async def _remember(self, values: Mapping[str, object] | None) -> None:
        self._store.set(self._camera.id, _RESTORE, values, None)
        await self._store.save()

    def _show(self, series: Series, picture: Picture) -> None:
        work = asyncio.create_task(self._fit_and_show(series.name, picture))
        self._showing.add(work)
        work.add_done_callback(self._showing.discard)

    async def _fit_and_show(self, name: str, picture: Picture) -> None:
        spec, limit = PictureSpec(picture.quality, _SHOWN_WIDTH), self._observers.max_snapshot_bytes
        shown = await asyncio.to_thread(refit_picture, picture, spec, limit)
        if shown is not None and self._camera.enabled:
            self._observers.series_picture(name, shown)


def _kept(raw: object) -> tuple[State, float | None]:
    value: Any = raw
    if isinstance(raw, dict) and value.get("state") in STATES:
        started = value.get("started")
        if started is None or (isinstance(started, int | float) and 0 < started < 1e11):
            return value["state"], started
    raise InvalidValue("is not the state of a series")


def _object(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise InvalidValue("is not an object")
    return raw
