"""One camera on MQTT: its commands in, its state, results and pictures out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Generic

import orjson

from mqttcam.camera.frame import Picture
from mqttcam.camera.status import CameraStatus
from mqttcam.commands.catalogue import Target
from mqttcam.commands.request import Request, Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice, SnapshotRefused
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.gateway.pictures import PicturePublisher, PublishError
from mqttcam.home_assistant import Announcer
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import CameraTopics

ONLINE, OFFLINE = b"online", b"offline"
_AGAIN = 1.0
"""Seconds until a state that could not be published is published again."""


class Inbox(Generic[Target]):
    """Commands of one device as they arrive: run, answered, and cleared where they were retained."""

    def __init__(self, connection: Connection, commander: CommandRunner[Target], result_topic: str) -> None:
        self._connection = connection
        self._commander = commander
        self._result_topic = result_topic
        self._running: dict[asyncio.Task[None], tuple[Message, Request]] = {}
        self._cleared: set[str] = set()

    def receive(self, message: Message, command: str, key: str | None = None) -> None:
        """Run a command; its result is published when it is there."""
        if self._connection.echoes and not message.payload and message.topic in self._cleared:
            self._cleared.discard(message.topic)  # our own clearing, come back
            return
        if message.retain and message.payload:
            if self._connection.echoes:
                self._cleared.add(message.topic)
            self._connection.publish(message.topic, b"", qos=1, retain=True)
        elif message.retain:
            return  # somebody else has cleared it
        request = Request(command, message.payload, key, message.retain)
        task = asyncio.create_task(self._run(message, request))
        self._running[task] = message, request
        task.add_done_callback(lambda done: self._running.pop(done, None))

    def close(self) -> None:
        """Answer what still runs: later there is nobody to do so."""
        for task, (message, request) in self._running.items():
            if task.cancel():
                self._answer(message, self._commander.refuse(request, "its target is being closed"))

    async def _run(self, message: Message, request: Request) -> None:
        self._answer(message, await self._commander.run(request))

    def _answer(self, message: Message, result: Result) -> None:
        payload = orjson.dumps(result.as_json(), default=str)
        self._connection.publish(self._result_topic, payload, qos=1)
        if message.response_topic:
            self._connection.publish(
                message.response_topic, payload, qos=1, correlation_data=message.correlation_data
            )


class CameraGateway:
    """One camera on MQTT."""

    def __init__(
        self,
        device: CameraDevice,
        commander: CommandRunner[CameraDevice],
        connection: Connection,
        pictures: PicturePublisher,
        topics: CameraTopics,
        announcer: Announcer | None,
        on_new_shape: Callable[[], None],
    ) -> None:
        self.device = device
        self.pictures = pictures
        self._connection = connection
        self._topics = topics
        self._announcer = announcer
        self._on_new_shape = on_new_shape
        self._inbox = Inbox(connection, commander, topics.result)
        self._shape = device.camera.shape
        self._publish_due: asyncio.Handle | None = None
        device.add_listener(self._changed)
        device.snapshot_sinks.append(self._publish_snapshot)
        device.event_sinks.append(self._publish_event)
        device.drop_counters.append(lambda: pictures.dropped)
        device.picture_limits.append(lambda: pictures.max_bytes)
        self._follow()

    def handlers(self) -> Iterator[tuple[str, Callable[[Message], None]]]:
        """What to subscribe to, each with its handler."""
        inbox, topics = self._inbox, self._topics
        yield topics.set, lambda message: inbox.receive(message, "set")
        yield topics.set_key("+"), lambda message: inbox.receive(message, "set", last_level(message))
        yield topics.get, lambda message: inbox.receive(message, "get")
        yield topics.command("+"), lambda message: inbox.receive(message, last_level(message))

    def announce(self) -> None:
        """Everything that somebody who has just come must know."""
        if self._announcer is not None and self._known():
            self._announcer.announce(self.device)
        self.publish()
        self.pictures.request()

    def publish(self) -> None:
        """Availability and state, now."""
        status = self.device.camera.status
        available = ONLINE if status in (CameraStatus.RUNNING, CameraStatus.OFF) else OFFLINE
        sent = self._connection.publish(self._topics.availability, available, qos=1, retain=True)
        self._clear_image()
        if self._known():
            state = orjson.dumps(state_of(camera_entities(self.device), self.device))
            sent &= self._connection.publish(self._topics.state, state, qos=1, retain=True)
        if not sent and self._connection.connected and self._publish_due is None:
            # Too much waits for the broker's acknowledgement; what it keeps must not stay the old state.
            self._publish_due = asyncio.get_running_loop().call_later(_AGAIN, self._publish_change)

    def _clear_image(self) -> None:
        """Privacy: what the broker keeps of a camera that is switched off would still show the last picture."""
        if self.device.camera.status is CameraStatus.OFF and self.device.image_retain:
            self._connection.publish(self._topics.image, b"", qos=1, retain=True)

    def _known(self) -> bool:
        """Whether its controls are known, or cannot be by now: what is published earlier would lack their keys."""
        camera = self.device.camera
        return camera.info is not None or camera.status is not CameraStatus.STARTING

    def close(self, *, for_good: bool) -> None:
        """Stop publishing; with `for_good` nothing of it stays on the broker."""
        self._inbox.close()
        self.device.remove_listener(self._changed)
        self.pictures.close()
        if self._publish_due is not None:
            self._publish_due.cancel()
        for topic in self._topics.retained if for_good else ():
            self._connection.publish(topic, b"", qos=1, retain=True)
        if not for_good:
            self._connection.publish(self._topics.availability, OFFLINE, qos=1, retain=True)

    async def _publish_snapshot(self, picture: Picture, request_id: str | None) -> None:
        try:
            await self.pictures.publish_snapshot(picture, request_id)
        except PublishError as error:
            raise SnapshotRefused(error.code, str(error)) from error

    def _publish_event(self, event: Mapping[str, object]) -> None:
        """Without a connection it is dropped: news of long ago is none."""
        self._connection.publish(self._topics.event, orjson.dumps(event), qos=1)

    def _changed(self) -> None:
        """Many changes in one turn of the loop are one message."""
        self._follow()
        if self.device.camera.status is CameraStatus.OFF:
            self.pictures.withdraw(self._clear_image)
        if self._publish_due is None:
            self._publish_due = asyncio.get_running_loop().call_soon(self._publish_change)

    def _publish_change(self) -> None:
        self._publish_due = None
        shape = self.device.camera.shape
        if shape != self._shape:
            self._shape = shape
            self._on_new_shape()
        self.publish()

    def _follow(self) -> None:
        self.pictures.configure(
            self.device.picture_spec,
            self.device.picture_rate,
            retain=self.device.image_retain,
            schedule=self.device.picture_schedule,
        )


def last_level(message: Message) -> str:
    """The name at the end of its topic: of a command, or of a key."""
    return message.topic.rpartition("/")[2]
