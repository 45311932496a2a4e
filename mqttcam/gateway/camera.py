"""A camera on MQTT: its commands in; its state, events, results and pictures out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import orjson

from mqttcam.camera.frame import Picture
from mqttcam.camera.status import CameraStatus
from mqttcam.commands.result import Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.entities.steady import SteadyValues
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.observer import CameraObserver
from mqttcam.gateway.connect_image import ConnectImage
from mqttcam.gateway.image_check import ImageCheck
from mqttcam.gateway.image_stream import ImageStream
from mqttcam.gateway.inbox import CommandInbox
from mqttcam.gateway.latest_pictures import LatestPictures
from mqttcam.gateway.snapshots import SnapshotPublisher
from mqttcam.home_assistant import Announcer
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import OFFLINE, ONLINE, CameraTopics

DETECTIONS = "detections"
"""What results call a message with detections."""
RETRY_AFTER = 1.0
"""Seconds until a state that could not be published is published again."""


class CameraGateway(CameraObserver):
    """The topics of one camera."""

    def __init__(
        self,
        device: CameraDevice,
        runner: CommandRunner[CameraDevice],
        connection: Connection,
        topics: CameraTopics,
        announcer: Announcer | None,
        on_new_capabilities: Callable[[], None],
        *,
        images: ImageStream,
        connect_image: ConnectImage,
        image_check: ImageCheck,
        snapshots: SnapshotPublisher,
        motion_images: LatestPictures,
        detection_images: Mapping[str, LatestPictures],
        series_images: Mapping[str, LatestPictures],
        retry_after: float = RETRY_AFTER,
    ) -> None:
        """Publish nothing yet.

        Args:
            detection_images: by label, as in keys.
            on_new_capabilities: called when the model, size or controls of the camera have changed, and when it has
                failed before any were known.
        """
        self.device = device
        self._images = images
        self._connect_image = connect_image
        self._image_check = image_check
        self._snapshots = snapshots
        self._motion_images = motion_images
        self._detection_images = detection_images
        self._series_images = series_images
        self._retry_after = retry_after
        self._connection = connection
        self._topics = topics
        self._announcer = announcer
        self._on_new_capabilities = on_new_capabilities
        self._inbox = CommandInbox(connection, runner, topics.result)
        self._capabilities = device.capabilities
        self._was_known = self._controls_known()
        self._publish_due: asyncio.Handle | None = None
        self._was_off = device.camera.status is CameraStatus.OFF
        self._to_clear: set[str] = set()
        self._steady = SteadyValues()
        device.attach(self)
        self._configure_images()

    def receive(self, message: Message, command: str, key: str | None) -> asyncio.Future[None] | None:
        """Start a command; see `CommandInbox.receive`."""
        return self._inbox.receive(message, command, key)

    def receive_detections(self, message: Message) -> asyncio.Future[None] | None:
        """Take over the detections of a message; only an error is answered, unless there is a response topic.

        A retained message says what was seen at another time, and is ignored.
        """
        if message.retain:
            return None
        error: CommandError | None = None
        try:
            if self.device.detections is None:
                raise self.device.why_not(DETECTIONS) or CommandError(Code.NOT_SUPPORTED, "no detections")
            self.device.detections.receive(message.payload)
        except CommandError as refused:
            error = refused
        if error is None and not message.response_topic:
            return None
        self._inbox.answer(message, Result(DETECTIONS, error=error))
        return None

    def announce(self) -> None:
        """Publish discovery, availability, state and an image; while the camera is off, clear its last pictures."""
        # Also those of an earlier process, and for subscribers that were away when the camera was switched off.
        self._to_clear = self._shown_pictures
        if self._announcer is not None and self._controls_known():
            self._announcer.announce(self.device)
        self.publish()
        self._connect_image.request()

    def publish(self) -> None:
        """Publish availability and state; an old state is never that of an available camera."""
        online = self.device.camera.status in (CameraStatus.RUNNING, CameraStatus.OFF)
        sent = online or self._publish_availability(OFFLINE)
        self._clear_pictures()
        sent &= not self._to_clear
        if self._controls_known():
            entities = camera_entities(self.device)
            state = self._steady.of(entities, state_of(entities, self.device))
            sent &= self._connection.publish(self._topics.state, orjson.dumps(state), qos=1, retain=True)
        if online:
            sent &= self._publish_availability(ONLINE)
        if not sent and self._connection.connected and self._publish_due is None:
            # Too many messages await an acknowledgement; the broker must not keep the old state.
            self._publish_due = asyncio.get_running_loop().call_later(self._retry_after, self._publish_change)

    def _publish_availability(self, availability: bytes) -> bool:
        return self._connection.publish(self._topics.availability, availability, qos=1, retain=True)

    def hide_pictures(self) -> None:
        """Replace the last pictures by empty messages, as the camera is switched off (privacy).

        Home Assistant would show the last ones until its restart, the broker a retained one for ever.
        """
        self._to_clear = self._shown_pictures
        self._clear_pictures()

    @property
    def _latest_pictures(self) -> tuple[LatestPictures, ...]:
        return (self._motion_images, *self._detection_images.values(), *self._series_images.values())

    @property
    def _shown_pictures(self) -> set[str]:
        """The topics of the pictures that subscribers may have."""
        motion = set() if self.device.motion is None else {self._topics.motion_image}
        detections = set(map(self._topics.detection_image, self._detection_images))
        series = set(map(self._topics.series_image, self._series_images))
        return {self._topics.image, self._topics.snapshot} | motion | detections | series

    def _clear_pictures(self) -> None:
        if self.device.camera.status is not CameraStatus.OFF:
            self._to_clear = set()
        for topic in sorted(self._to_clear):
            if self._connection.publish(topic, b"", qos=1, retain=True):
                self._to_clear.discard(topic)

    def _controls_known(self) -> bool:
        """Whether the camera has opened or failed; until then a state would lack the keys of its controls."""
        camera = self.device.camera
        return camera.info is not None or camera.status is not CameraStatus.STARTING

    def close(self, *, offline: bool) -> None:
        """Stop; with `offline`, publish that as the availability."""
        self._inbox.close()
        self.device.detach(self)
        self._images.close()
        self._connect_image.close()
        self._image_check.close()
        for pictures in self._latest_pictures:
            pictures.close()
        if self._publish_due is not None:
            self._publish_due.cancel()
        if offline:
            self._publish_availability(OFFLINE)

    @property
    def dropped_frames(self) -> int:
        return self._images.dropped

    @property
    def max_snapshot_bytes(self) -> int:
        return self._snapshots.max_bytes

    async def snapshot(self, picture: Picture, request_id: str | None) -> None:
        """Publish a snapshot.

        Raises:
            CommandError: as for `SnapshotPublisher.publish`.
        """
        await self._snapshots.publish(picture, request_id)

    def motion_picture(self, picture: Picture) -> None:
        """Publish a picture of motion."""
        self._motion_images.publish(picture)

    def photo(self, meta: Mapping[str, object]) -> None:
        """Publish what is known of a photo; without a connection it is dropped, as the API has it."""
        self._connection.publish(self._topics.photo_meta, orjson.dumps(meta), qos=1)

    def detection_picture(self, label: str, picture: Picture) -> None:
        """Publish a picture of detections."""
        self._detection_images[label].publish(picture)

    def series_picture(self, series: str, picture: Picture) -> None:
        """Publish a picture of a series."""
        self._series_images[series].publish(picture)

    def event(self, event: Mapping[str, object]) -> None:
        """Publish an event; without a connection it is dropped, as it would be outdated later."""
        self._connection.publish(self._topics.event, orjson.dumps(event), qos=1)

    def changed(self) -> None:
        """Publish the state; several changes in one iteration of the event loop become one message."""
        self._configure_images()
        is_off = self.device.camera.status is CameraStatus.OFF
        if is_off and not self._was_off:
            for pictures in (self._images, self._snapshots):
                pictures.discard(self.hide_pictures)  # again after those in flight
            for latest in self._latest_pictures:
                latest.discard(self.hide_pictures)
            self._to_clear = self._shown_pictures
        elif self._was_off and not is_off:
            self._connect_image.request()
        self._was_off = is_off
        if self._publish_due is None:
            self._publish_due = asyncio.get_running_loop().call_soon(self._publish_change)

    def _publish_change(self) -> None:
        self._publish_due = None
        capabilities, is_known = self.device.capabilities, self._was_known or self._controls_known()
        if (capabilities, is_known) != (self._capabilities, self._was_known):
            self._capabilities, self._was_known = capabilities, is_known
            self._on_new_capabilities()
        self.publish()

    def _configure_images(self) -> None:
        self._images.configure(
            self.device.image_spec,
            self.device.image_fps,
            frame_rate=self.device.image_fps_kind.maximum,
            retain=self.device.image_retain,
            schedule=self.device.image_schedule,
        )
