"""A camera as users see it: the running camera, the options of its images, and the values that commands have set."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.errors import Code, CommandError, CommandWarning, WarningCode
from mqttcam.devices.observer import CameraObserver, CameraObservers
from mqttcam.devices.outputs import CameraOutputs
from mqttcam.devices.photos import CameraPhotos
from mqttcam.devices.presets import Presets
from mqttcam.devices.recordings import CameraRecordings, Recorded
from mqttcam.devices.series import SERIES_COMMANDS, CameraSeries
from mqttcam.devices.snapshots import CameraSnapshots
from mqttcam.devices.store import Store, configured_control
from mqttcam.outputs.output import CameraFeed, Output
from mqttcam.schedule import Location, Schedule, parse
from mqttcam.settings import CameraSettings
from mqttcam.settings.detections import label_key
from mqttcam.values import Number, Value
from mqttcam.video.camera_video import CameraVideo

if TYPE_CHECKING:
    from mqttcam.devices.day_night import DayNight
    from mqttcam.devices.detections import CameraDetections
    from mqttcam.devices.motion import CameraMotion

_UNPACED_FPS = 60.0
"""The highest image rate, in frames per second, of a camera without a configured frame rate."""
_ANY_FPS = Number(0, math.inf, words=(("max", math.inf),))
IMAGE_QUALITY = Number(1, 100, integer=True, unit="%")
_NOT_SUPPORTED = {
    "autofocus": "this camera cannot focus",
    "delete_preset": "this camera has no saved presets",
    "detections": "this camera has no `detections` in the configuration",
    "preset": "this camera has no presets; the command `save_preset` makes one",
    **dict.fromkeys(
        SERIES_COMMANDS,
        "this camera has no series: configure `series`",
    ),
}
"""Commands and actions that only some cameras have, with the error of a camera without them."""
MOTION_COMMANDS = ("set_zones", "reset_zones")
"""Commands of cameras with motion detection."""


class CameraDevice:
    """One camera with the options of its images.

    Attributes:
        image_fps: images per second: 0 for none, infinity for every frame.
        image_quality: JPEG quality, 1 to 100.
        image_retain: whether the broker keeps the last image.
        video: its H.264 video.
        presets: named sets of control values, which may also configure the camera.
        day_night: whether it is day or night, or `None` if it is not configured.
        recordings: what it records.
        photos: those that commands take.
        series: its series of pictures.
        motion: its motion detection, or `None` if it is not configured.
        detections: what analytics jobs find in its pictures, or `None` if it is not configured.
        outputs: where its frames go besides MQTT and the web page.
        location: of this machine, if it is configured.
        closed_because: why the camera was closed without a command, in words, until a command opens or closes it.
        patch_lock: held while a patch is applied, as patches take effect one after the other.
    """

    def __init__(
        self,
        camera: Camera,
        store: Store,
        outputs: Iterable[Output] = (),
        location: Location | None = None,
        recorded: Recorded | None = None,
    ) -> None:
        """Do nothing before the camera is started.

        Args:
            recorded: where recordings are kept; `None` if nothing is recorded.
        """
        self.camera = camera
        self.location = location
        self._store = store
        self._observers = CameraObservers(camera.id)
        self.outputs = CameraOutputs(
            camera.id, [one for one in outputs if one.serves(camera.settings)], store, self.changed
        )
        self._observers.attach(self.outputs)
        self.video = CameraVideo(camera, camera.settings.video)
        self.closed_because: str | None = None
        self.patch_lock = asyncio.Lock()
        self._snapshots = CameraSnapshots(camera, self._observers)
        image = camera.settings.image
        self.image_retain = image.retain
        # The maximum may have been higher when the value was set; it is applied where the value is shown.
        fps = store.get(camera.id, "image_fps", _ANY_FPS.coerce, image.fps)
        self.image_fps = self._configured_fps if fps is None else float(fps)
        quality = store.get(camera.id, "image_quality", IMAGE_QUALITY.coerce, image.quality)
        self.image_quality = image.quality if quality is None else int(quality)
        self.presets = Presets(camera, store, self.set_controls, self.changed)
        self.recordings = CameraRecordings(
            camera, self.video, store, recorded, self._observers, changed=self.changed
        )
        self.photos = CameraPhotos(camera, recorded, self._observers, location, changed=self.changed)
        self.series = CameraSeries(
            camera,
            store,
            None if recorded is None else recorded.library,
            self._observers,
            self.patch_lock,
            changed=self.changed,
            location=location,
        )
        self.motion: CameraMotion | None = None
        if camera.settings.motion is not None:
            from mqttcam.devices.motion import CameraMotion

            self.motion = CameraMotion(
                camera,
                camera.settings.motion,
                store,
                self._observers,
                self.recordings,
                lambda: self.image_spec,
                changed=self.changed,
                location=location,
            )
        self.detections: CameraDetections | None = None
        if camera.settings.detections is not None:
            from mqttcam.devices.detections import CameraDetections

            self.detections = CameraDetections(
                camera,
                camera.settings.detections,
                self._observers,
                self.recordings,
                lambda: self.image_spec,
                lambda: self.size,
                changed=self.changed,
            )
        self.day_night: DayNight | None = None
        if camera.settings.day_night is not None:
            from mqttcam.devices.day_night import DayNight

            self.day_night = DayNight(
                camera, camera.settings.day_night, store, self._observers, self.select_preset
            )
        # Events end before the recording of them.
        if self.motion is not None:
            camera.add_listener(self.motion.follow_camera)
        if self.detections is not None:
            camera.add_listener(self.detections.follow_camera)
        camera.add_listener(self.recordings.follow_camera)
        camera.add_listener(self._forget_pictures_if_off)
        camera.add_listener(self.series.follow_camera)
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

    def can_configure(self, settings: CameraSettings) -> bool:
        """Return whether settings differ from the present ones only in what `configure` applies."""
        return settings.opening == self.settings.opening and self.presets.can_configure(settings)

    def configure(self, settings: CameraSettings) -> None:
        """Apply settings that `can_configure`; the camera stays open."""
        old, self.camera.settings = self.camera.settings, settings
        if settings.video != old.video:
            self.video.configure(settings.video)
        self.presets.configure(settings)

    # images

    @property
    def image_fps_kind(self) -> Number:
        """The kind of `image_fps`: at most the camera's own frame rate, for which there is the word `max`."""
        fps = self.settings.frame_rate or _UNPACED_FPS
        return Number(0, fps, unit="fps", words=(("max", fps),))

    @property
    def shown_image_fps(self) -> float:
        """`image_fps` as a finite number, at most the camera's own frame rate."""
        return min(self.image_fps, self.image_fps_kind.maximum)

    @property
    def configured_image_fps(self) -> float:
        """The configured value of `shown_image_fps`."""
        return min(self._configured_fps, self.image_fps_kind.maximum)

    @property
    def image_schedule(self) -> Schedule | None:
        """When images are due, if this is configured; an `image_fps` that a command has set takes precedence."""
        schedule = self.settings.image.schedule
        return parse(schedule, self.location) if schedule and self.image_fps == self._configured_fps else None

    @property
    def image_spec(self) -> PictureSpec:
        return PictureSpec(quality=self.image_quality)

    @property
    def _configured_fps(self) -> float:
        fps = self.settings.image.fps
        return math.inf if fps == "max" else float(fps)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels: of the frames, and before the first one as the source announces them.

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
    def detection_keys(self) -> tuple[str, ...]:
        """The labels of its detections, as in keys and topics."""
        return () if self.detections is None else tuple(map(label_key, self.detections.labels))

    @property
    def sensor_mode(self) -> str | None:
        """The mode of the sensor of a camera module, such as `2304x1296:10`; `None` if it has none, or until known."""
        mode = self.camera.info.details.get("sensor_mode") if self.camera.info is not None else None
        return mode if isinstance(mode, str) else None

    @property
    def capabilities(self) -> object:
        """A value that compares unequal once the camera has another model, size, control, action, reading, preset or
        zone."""
        zones = () if self.motion is None else self.motion.zones
        return self.camera.capabilities, self.size, self.presets.names, zones

    @property
    def dropped_frames(self) -> int:
        """The number of frames that were due somewhere and could not be sent."""
        return self.camera.stats.dropped + self._observers.dropped_frames

    # commands

    def why_not(self, command: str) -> CommandError | None:
        """Return why this camera lacks a command that others have; `None` if none of them has it."""
        if command in MOTION_COMMANDS:
            message = "this camera has no motion detection: add `motion: true` to it in the configuration"
            return CommandError(Code.NOT_SUPPORTED, message)
        if command not in _NOT_SUPPORTED:
            return None
        if self.camera.info is None:
            message = "the camera has not been opened yet, so its commands are not known"
            return CommandError(Code.UNAVAILABLE, message)
        return CommandError(Code.NOT_SUPPORTED, _NOT_SUPPORTED[command])

    def set_image_fps(self, fps: float) -> None:
        """Set images per second; the maximum of `image_fps_kind` stands for every frame."""
        self.image_fps = math.inf if fps >= self.image_fps_kind.maximum else fps
        self._keep("image_fps", "max" if math.isinf(self.image_fps) else fps, self.settings.image.fps)

    def set_image_quality(self, quality: int) -> None:
        """Set the JPEG quality, 1 to 100."""
        self.image_quality = quality
        self._keep("image_quality", quality, self.settings.image.quality)

    def set_enabled(self, enabled: bool) -> None:
        """Switch the camera on or off."""
        if self.closed_because is not None:
            self.closed_because = self.camera.last_error = None
        self.camera.set_enabled(enabled)
        self._keep("enabled", enabled, self.settings.enabled)

    def close_because(self, reason: str) -> None:
        """Keep the camera closed, also after a restart, until a command opens it."""
        self.set_enabled(False)
        self.closed_because = self.camera.last_error = reason

    async def set_controls(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, all of them or none, and return the values that took effect.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: nothing was changed.
        """
        applied = await self.camera.apply(values)
        self._keep_controls({**values, **applied})
        return applied

    async def select_preset(self, name: str) -> Mapping[str, Value]:
        """Set the controls of a preset after the patches that are being applied; see `Presets.apply`."""
        async with self.patch_lock:
            return await self.presets.apply(name)

    async def act(self, key: str) -> None:
        """Carry out one of the camera's actions.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: it was not carried out.
        """
        self._keep_controls(await self.camera.act(self.camera.actions[key]))

    async def take_snapshot(
        self, spec: PictureSpec, request_id: str | None, *, full_resolution: bool = False
    ) -> Picture:
        """Take a picture now; see `CameraSnapshots.take`."""
        return await self._snapshots.take(spec, request_id, full_resolution=full_resolution)

    async def save(self) -> CommandWarning | None:
        """Return once everything that was set is on disk, or a warning that it could not be written."""
        if await self._store.save():
            return None
        return CommandWarning(
            WarningCode.NOT_KEPT, self._store.file.problem or "the values are not on disk yet"
        )

    async def stop(self) -> None:
        """Stop the camera for good, and end the event and the recording that last; takes a second at most."""
        if self.motion is not None:
            self.motion.close()
        if self.detections is not None:
            self.detections.close()
        if self.day_night is not None:
            self.day_night.close()
        await asyncio.gather(
            self.recordings.close(), self.photos.close(), self.series.close(), self.camera.stop()
        )

    # outputs and observers

    def attach_outputs(self) -> None:
        """Give this camera's frames to its outputs, each switched on or off as a command last left it."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.changed)

        def event() -> str | None:
            return None if self.motion is None else self.motion.detector.event

        hub = self.camera.hub
        self.outputs.attach(
            CameraFeed(self.id, self.settings, hub, lambda: self.image_spec, changed, event, self.location)
        )

    def _forget_pictures_if_off(self) -> None:
        if self.camera.status is CameraStatus.OFF:
            self.outputs.forget_pictures()

    def attach(self, observer: CameraObserver) -> None:
        """Have an observer follow this camera from now on."""
        self._observers.attach(observer)

    def detach(self, observer: CameraObserver) -> None:
        """Stop an observer from following this camera."""
        self._observers.detach(observer)

    def changed(self) -> None:
        """Notify the observers that a value of an entity, or what the camera offers, has changed."""
        self._observers.changed()

    def _keep(self, key: str, value: object, configured: object) -> None:
        self._store.set(self.id, key, value, configured)
        self.changed()

    def _keep_controls(self, values: Mapping[str, Value]) -> None:
        self.presets.controls_set(values)
        for key, value in values.items():
            self._keep(f"controls.{key}", value, configured_control(self.settings, key))
