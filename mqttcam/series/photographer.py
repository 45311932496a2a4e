"""Take the pictures of a set, each with its exposure time and lens position."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from mqttcam.camera.camera import Camera
from mqttcam.camera.control import Control, find_control
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.camera.still import Still
from mqttcam.series.shots import EXPOSURE, LENS, Shot, ShotFailed
from mqttcam.series.timing import ShotTiming
from mqttcam.values import InvalidValue, Value

log = logging.getLogger(__name__)

_GAIN, _FOCUS_MODE = "AnalogueGain", "AfMode"
_MANUAL = "Manual"
_NOTHING_SET = Shot()
_SMALL = 16
"""Width in pixels of a picture whose content does not matter."""


_TIMING = ShotTiming()


class CameraPhotographer:
    """Takes the pictures of one camera's series, one set at a time."""

    def __init__(
        self,
        camera: Camera,
        lock: asyncio.Lock,
        remember: Callable[[Mapping[str, object] | None], Awaitable[object]],
        timing: ShotTiming = _TIMING,
    ) -> None:
        """Take no pictures yet.

        Args:
            lock: held while values are set, so that nothing else changes them.
            remember: writes to the disk what is to be set again, by the keys of controls, before anything is changed;
                None when that is done.
        """
        self._camera = camera
        self._lock = lock
        self._remember = remember
        self._timing = timing
        self._limits: set[asyncio.Timeout] = set()

    @property
    def enabled(self) -> bool:
        return self._camera.enabled

    async def take(
        self,
        shots: list[Shot],
        spec: PictureSpec,
        keep: Callable[[Shot, Picture], Awaitable[None]],
        *,
        full_resolution: bool,
    ) -> None:
        """Take a picture for each of `shots`, pass each one to `keep`, and restore the earlier values.

        Args:
            full_resolution: in the largest size of the camera, if it has a larger one than its stream.

        Raises:
            CameraUnavailable, SourceError: the camera gives no picture.
            ShotFailed: the camera does not do what is to be set.
            Exception: what `keep` raises.
        """
        await self._wait_while_opening()
        if not any(shot.values for shot in shots):
            for shot in shots:
                await keep(shot, await self._picture(spec, full_resolution=full_resolution))
            return
        async with self._interruptible(), self._lock, self._restoring(shots) as fixed:
            for shot in shots:
                await self._set({**fixed, **shot.values})
                await keep(shot, await self._picture(spec, shot, full_resolution=full_resolution))

    def interrupt(self) -> None:
        """End the sets that are being taken with values of their own, so that the lock is free soon."""
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(now)

    @asynccontextmanager
    async def _interruptible(self) -> AsyncIterator[None]:
        """Raise CameraUnavailable at the end of the block if it was interrupted."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits.add(limit)
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise CameraUnavailable("the camera is being switched on or off") from None
        finally:
            self._limits.discard(limit)

    async def restore(self, remembered: Callable[[], Mapping[str, object] | None]) -> None:
        """Restore remembered values, after the current set, which may restore them itself.

        Args:
            remembered: returns what is still to be set, by the keys of controls; None if nothing is.
        """
        async with self._lock:
            if values := remembered():
                await self._restore(self._coerced(values))

    async def _wait_while_opening(self) -> None:
        camera = self._camera
        try:
            async with asyncio.timeout(self._timing.opening):
                await camera.until(lambda: camera.status is not CameraStatus.STARTING)
        except TimeoutError:
            raise CameraUnavailable(camera.last_error or "the camera is being opened") from None

    # pictures

    async def _picture(
        self, spec: PictureSpec, shot: Shot = _NOTHING_SET, *, full_resolution: bool
    ) -> Picture:
        """Return a picture taken with the values of the shot.

        Raises:
            ShotFailed: no frame reports them in time, or the picture in full resolution has others.
        """
        camera = self._camera
        timeout = self._timing.frame + 8 * shot.values.get(EXPOSURE, 0.0) / 1e6
        seen: Mapping[str, object] = {}

        def accept(metadata: Mapping[str, object]) -> bool:
            nonlocal seen
            seen = metadata
            return shot.fits(metadata)

        def make(still: Still) -> tuple[Picture, Mapping[str, object]]:
            return still.frame.picture(spec), still.frame.metadata

        is_apart = full_resolution and camera.takes_stills
        try:
            if is_apart and shot.values:  # the values take effect in the stream first
                await camera.take_snapshot(PictureSpec(max_width=_SMALL), timeout, accept=accept)
            picture, taken_with = await camera.take_photo(
                make, timeout, full_resolution=full_resolution, accept=accept
            )
        except CameraUnavailable:
            if seen and not shot.fits(seen):
                raise ShotFailed(
                    f"after {timeout:.0f} s, a frame of the camera {shot.differs(seen)}"
                ) from None
            raise
        if is_apart and not shot.fits(taken_with):
            raise ShotFailed(f"the picture in full resolution {shot.differs(taken_with)}")
        return picture

    # values

    @asynccontextmanager
    async def _restoring(self, shots: list[Shot]) -> AsyncIterator[dict[str, float]]:
        """Restore the present values at the end; give what has to stay the same for all pictures, by name."""
        names = {name for shot in shots for name in shot.values}
        metadata = await self._metadata()
        for name in names:
            if not isinstance(metadata.get(name), int | float):
                raise ShotFailed(
                    f"the camera does not report {name} with its frames, so it cannot be checked"
                )
        fixed: dict[str, float] = {}
        gain = metadata.get(_GAIN)
        # With automatic gain, the pictures of all exposures would be equally bright.
        if EXPOSURE in names and isinstance(gain, int | float) and self._control(_GAIN) is not None:
            fixed[_GAIN] = float(gain)
        before = self._present(names | fixed.keys(), metadata)
        kinds = {key: self._camera.controls[key].kind for key in before}
        await self._remember({key: kinds[key].encode(value) for key, value in before.items()})
        try:
            yield fixed
        finally:
            await self._restore(before)

    async def _metadata(self) -> Mapping[str, object]:
        """Return the metadata of the next frame."""
        found: dict[str, object] = {}

        def accept(metadata: Mapping[str, object]) -> bool:
            found.update(metadata)
            return True

        await self._camera.take_snapshot(PictureSpec(max_width=_SMALL), self._timing.frame, accept=accept)
        return found

    def _control(self, name: str) -> Control | None:
        return find_control(self._camera.controls.values(), name)

    def _present(self, names: set[str], metadata: Mapping[str, object]) -> dict[str, Value]:
        """Return the current values of the controls, by key: from the configuration, commands or defaults."""
        before: dict[str, Value] = {}
        wanted = self._camera.wanted_controls
        for name in sorted(names):
            control = self._control(name)
            if control is None:
                raise ShotFailed(f"the camera has no control {name}")
            raw = next((value for key, value in wanted.items() if find_control([control], key)), None)
            before[control.key] = control.default if raw is None else control.kind.coerce(raw)
        mode, lens = self._control(_FOCUS_MODE), self._control(LENS)
        if LENS not in names or lens is None:
            return before
        if mode is not None and self._camera.values.get(mode.key) != _MANUAL:
            del before[lens.key]
        elif before[lens.key] == lens.default:  # where the lens is now, as it may have been focused
            before[lens.key] = lens.kind.coerce(metadata[LENS])
        if mode is not None:
            before[mode.key] = self._camera.values.get(mode.key, mode.default)
        return before

    async def _set(self, values: Mapping[str, float]) -> None:
        by_key: dict[str, Value] = {}
        for name, value in values.items():
            control = self._control(name)
            if control is None:
                raise ShotFailed(f"the camera has no control {name}")
            try:
                by_key[control.key] = control.kind.coerce(value)
            except InvalidValue as error:
                raise ShotFailed(f"{name}: {error.message}") from error
        try:
            await self._camera.apply_temporarily(by_key)
        except InvalidValue as error:
            raise ShotFailed(f"{error.field or ', '.join(values)}: {error.message}") from error

    async def _restore(self, values: Mapping[str, Value]) -> None:
        """Set values again; if that fails, they stay remembered until the camera is opened again."""
        failed = False
        # One by one, as one may be refused; the mode last, as a position of the lens changes it.
        for key in sorted(values, key=lambda key: (key == "af_mode", key)):
            try:
                await self._camera.apply_temporarily({key: values[key]})
            except (InvalidValue, SourceError, CameraUnavailable) as error:
                failed = True
                log.warning(
                    "camera %s: %s, which a series has set, cannot be restored now: %s",
                    self._camera.id, key, error,
                )  # fmt: skip
        if not failed:
            await self._remember(None)

    def _coerced(self, values: Mapping[str, object]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, raw in values.items():
            if (control := self._camera.controls.get(key)) is not None:
                try:
                    found[key] = None if raw is None else control.kind.coerce(raw)
                except InvalidValue:
                    log.debug("camera %s: %s cannot be restored", self._camera.id, key)
        return found
