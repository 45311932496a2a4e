"""A camera as the outside sees it: the running camera, how its pictures are published, and what commands have set."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.motion import CameraMotion
from mqttcam.devices.recall import configured_control, recalled_camera
from mqttcam.devices.store import Store, recalled
from mqttcam.listeners import Listeners
from mqttcam.outputs.output import CameraFeed, Output
from mqttcam.schedule import Schedule, parse
from mqttcam.settings import CameraSettings
from mqttcam.values import Number, Value

log = logging.getLogger(__name__)

SnapshotSink = Callable[[Picture, str | None], Awaitable[None]]
"""Takes a picture made on demand, with the request's id; raises CommandError."""
EventSink = Callable[[Mapping[str, object]], None]
"""Takes something that happened: `event_type`, and what belongs to it."""

_UNPACED_RATE = 60.0
"""The highest image rate, in frames a second, of a camera that names no frame rate."""
_SNAPSHOT_TIMEOUT = 10.0
_ANY_RATE = Number(0, math.inf, words=(("max", math.inf),))
IMAGE_QUALITY = Number(1, 100, integer=True, unit="%")
_NOT_SUPPORTED = {"autofocus": "this camera cannot focus"}
"""Actions that have the same name wherever there are any, and the error of a camera without them."""


class CameraDevice:
    """One camera with its publishing options.

    Listeners are called on the loop after any change of what its entities show.

    Attributes:
        patch_lock: held while a patch is applied, as patches take effect one after the other.
        motion: its motion detection, where it is configured to have one.
    """

    def __init__(self, camera: Camera, store: Store, outputs: Iterable[Output] = ()) -> None:
        self.camera = camera
        self.snapshot_sinks: list[SnapshotSink] = []
        self.event_sinks: list[EventSink] = []
        self.drop_counters: list[Callable[[], int]] = []
        self.picture_limits: list[Callable[[], int]] = []
        self.outputs = {output.name: output for output in outputs if output.serves(camera.settings)}
        self._output_defaults: dict[str, bool | None] = {}
        self._store = store
        self._listeners = Listeners(f"camera {camera.id}")
        self._taking_still = False
        self.patch_lock = asyncio.Lock()
        image = camera.settings.image
        self.image_retain = image.retain
        self._image_fps = math.inf if image.fps == "max" else float(image.fps)
        self.image_quality = image.quality
        self._recall()
        self.motion: CameraMotion | None = None
        if camera.settings.motion is not None:
            self.motion = CameraMotion(
                camera, camera.settings.motion, store, changed=self.changed, emit=self.emit
            )
        camera.add_listener(self.changed)

    @property
    def id(self) -> str:
        return self.camera.id

    @property
    def name(self) -> str:
        return self.camera.name

    @property
    def settings(self) -> CameraSettings:
        return self.camera.settings

    # what its pictures are

    @property
    def image_rate(self) -> Number:
        """The kind of `image_fps`: up to the camera's own rate, and the word `max` for every frame."""
        rate = self.settings.frame_rate or _UNPACED_RATE
        return Number(0, rate, unit="fps", words=(("max", rate),))

    @property
    def image_fps(self) -> float:
        """Pictures a second, as shown: never more than the camera makes."""
        return min(self._image_fps, self.image_rate.maximum)

    @property
    def picture_rate(self) -> float:
        """Pictures a second, as asked for: 0 none, infinity every frame."""
        return self._image_fps

    @property
    def picture_schedule(self) -> Schedule | None:
        """When pictures are due, instead of the rate; a rate that a command set counts more."""
        image = self.settings.image
        configured = math.inf if image.fps == "max" else image.fps
        return parse(image.schedule) if image.schedule and self._image_fps == configured else None

    @property
    def picture_spec(self) -> PictureSpec:
        return PictureSpec(quality=self.image_quality)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of its frames in pixels: of the last frames, else as the source announces them.

        `None` until known: some sources learn it from their first frame.
        """
        stats, info = self.camera.stats, self.camera.info
        if stats.width:
            return stats.width, stats.height
        return (info.width, info.height) if info is not None and info.width else None

    @property
    def resolution(self) -> str | None:
        """The size as text, such as `1280x720`."""
        return None if self.size is None else "{}x{}".format(*self.size)

    @property
    def capabilities(self) -> object:
        """A value that compares unequal once the camera has another model, size, control, action or reading."""
        return self.camera.shape, self.size

    @property
    def dropped_frames(self) -> int:
        """Frames that were due somewhere and that nobody could take."""
        return self.camera.stats.dropped + sum(count() for count in self.drop_counters)

    # commands

    def why_not(self, command: str) -> CommandError | None:
        """Return why this camera lacks a command that others have; `None` if none of them has it."""
        if command not in _NOT_SUPPORTED:
            return None
        if self.camera.info is None:
            message = "the camera has not been opened yet, so its commands are not known"
            return CommandError(Code.UNAVAILABLE, message)
        return CommandError(Code.NOT_SUPPORTED, _NOT_SUPPORTED[command])

    def set_image_fps(self, fps: float) -> None:
        self._image_fps = math.inf if fps >= self.image_rate.maximum else fps
        self._remember("image_fps", "max" if math.isinf(self._image_fps) else fps, self.settings.image.fps)

    def set_image_quality(self, quality: int) -> None:
        self.image_quality = quality
        self._remember("image_quality", quality, self.settings.image.quality)

    def set_enabled(self, enabled: bool) -> None:
        self.camera.set_enabled(enabled)
        self._remember("enabled", enabled, self.settings.enabled)

    async def set_controls(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, whole or not at all; the values that took effect.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: nothing was changed.
        """
        applied = await self.camera.apply(values)
        self._remember_controls({**values, **applied})
        return applied

    async def act(self, key: str) -> None:
        """Have the camera do something once.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: it does not.
        """
        self._remember_controls(await self.camera.act(self.camera.actions[key]))

    async def take_snapshot(
        self, spec: PictureSpec, request_id: str | None, *, full_resolution: bool = False
    ) -> Picture:
        """A picture from now, handed to every sink.

        Args:
            full_resolution: as large as the camera can; no frames come for the second or two that it takes.

        Raises:
            CameraUnavailable, SourceError: the camera gives none.
            CommandError: it has no full resolution, or is busy with one; or a sink did not take it, which keeps it
                from no other.
        """
        limit = min((limit() for limit in self.picture_limits), default=None)
        if full_resolution:
            picture = await self._take_still(spec, limit)
        else:
            picture = await self.camera.take_snapshot(spec, _SNAPSHOT_TIMEOUT, max_bytes=limit)
        sinks = [sink(picture, request_id) for sink in self.snapshot_sinks]
        problems = await asyncio.gather(*sinks, return_exceptions=True)
        self.changed()
        for problem in problems:
            if problem is not None:
                raise problem
        return picture

    async def _take_still(self, spec: PictureSpec, limit: int | None) -> Picture:
        if self.camera.info is not None and not self.camera.takes_stills:
            message = "this camera has no other resolution than that of its stream"
            raise CommandError(Code.NOT_SUPPORTED, message)
        if self._taking_still:
            raise CommandError(Code.BUSY, "a picture in full resolution is being taken")
        self._taking_still = True
        try:
            return await self.camera.take_still(spec, limit)
        finally:
            self._taking_still = False

    def emit(self, event: Mapping[str, object]) -> None:
        """Tell every sink what has happened; it is told once and not kept."""
        for sink in tuple(self.event_sinks):
            try:
                sink(event)
            except Exception:
                log.exception("camera %s: somebody who was told of an event failed", self.id)

    # outputs

    def attach(self) -> None:
        """Give this camera's frames to its outputs, each switched as a command has left it."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.changed)

        def moving() -> bool:
            return self.motion is not None and self.motion.detector.active

        feed = CameraFeed(self.id, self.settings, self.camera.hub, lambda: self.picture_spec, changed, moving)
        for name, output in self.outputs.items():
            output.attach(feed)
            default = self._output_defaults[name] = output.is_enabled(self.id)
            enabled = self._store.recall(self.id, f"outputs.{name}", default)
            if enabled is not None:
                output.set_enabled(self.id, bool(enabled))

    async def detach(self) -> None:
        """Take its frames from every output."""
        for output in self.outputs.values():
            await output.detach(self.id)

    def set_output(self, name: str, enabled: bool) -> None:
        self.outputs[name].set_enabled(self.id, enabled)
        self._remember(f"outputs.{name}", enabled, self._output_defaults[name])

    def output_value(self, name: str, key: str) -> Value:
        """One value of an output's report."""
        value = (self.outputs[name].report(self.id) or {}).get(key)
        return value if isinstance(value, bool | int | float | str) else None

    async def save(self) -> None:
        """Return once what was set is on disk."""
        await self._store.save()

    # listeners

    def add_listener(self, listener: Callable[[], None]) -> None:
        self._listeners.add(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        self._listeners.remove(listener)

    def changed(self) -> None:
        self._listeners.tell()

    # memory

    def _remember(self, key: str, value: object, configured: object) -> None:
        self._store.remember(self.id, key, value, configured)
        self.changed()

    def _remember_controls(self, values: Mapping[str, Value]) -> None:
        for key, value in values.items():
            self._remember(f"controls.{key}", value, configured_control(self.settings, key))

    def _recall(self) -> None:
        image = self.settings.image
        # The limit of today may be lower than the one it was set under, and counts when it is shown.
        fps = recalled(self._store, self.id, "image_fps", _ANY_RATE.coerce, image.fps)
        if fps is not None:
            self._image_fps = fps
        quality = recalled(self._store, self.id, "image_quality", IMAGE_QUALITY.coerce, image.quality)
        if quality is not None:
            self.image_quality = int(quality)


def build_device(
    camera_id: str,
    settings: CameraSettings,
    store: Store,
    on_stuck: Callable[[], str] | None = None,
    outputs: Iterable[Output] = (),
) -> CameraDevice:
    """A camera with what commands have set in earlier runs."""
    enabled, controls = recalled_camera(settings, store, camera_id)
    return CameraDevice(
        Camera(camera_id, settings, enabled=enabled, values=controls, on_stuck=on_stuck), store, outputs
    )
