"""The commands of one device, as they arrive over MQTT."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Generic

import orjson
from msgspec import Struct

from mqttcam.commands.command import TargetT
from mqttcam.commands.request import Request
from mqttcam.commands.result import Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.errors import Code, CommandError
from mqttcam.mqtt.connection import Connection, Message

log = logging.getLogger(__name__)


_MAX_LATE = 64
"""Results that wait for a new connection: as many as commands may run."""
_MAX_CLEARED = 1000
"""Topics of retained commands that were cleared, and whose echo has not come; it may never, if the broker refuses."""


class _Answer(Struct, frozen=True):
    """A result on its way to a topic."""

    topic: str
    payload: bytes
    correlation_data: bytes | None = None
    is_response: bool = False


class CommandInbox(Generic[TargetT]):
    """Runs the commands of one device and publishes their results; clears commands that were retained."""

    def __init__(self, connection: Connection, runner: CommandRunner[TargetT], result_topic: str) -> None:
        self._connection = connection
        self._runner = runner
        self._result_topic = result_topic
        self._running: dict[asyncio.Task[None], tuple[Message, Request]] = {}
        self._cleared: dict[str, None] = {}  # in the order in which they were cleared
        self._late: deque[_Answer] = deque(maxlen=_MAX_LATE)
        connection.on_connected(self._send_late)

    def receive(
        self, message: Message, command: str, key: str | None = None, *, refusal: CommandError | None = None
    ) -> asyncio.Future[None] | None:
        """Start a command, and return a future that is done once its result is published.

        Args:
            refusal: the error to answer, instead of carrying the command out.
        """
        if self._connection.echoes and not message.payload and message.topic in self._cleared:
            self._cleared.pop(message.topic, None)  # the echo of our own clearing
            return None
        if message.retain and message.payload:
            if self._connection.echoes:
                self._cleared[message.topic] = None
                if len(self._cleared) > _MAX_CLEARED:
                    self._cleared.pop(next(iter(self._cleared)))
            self._connection.publish(message.topic, b"", qos=1, retain=True)
        elif message.retain:
            return None  # cleared by another client
        request = Request(command, message.payload, key, message.retain)
        task = asyncio.create_task(self._run(message, request, refusal))
        self._running[task] = message, request
        task.add_done_callback(lambda done: self._running.pop(done, None))
        return task

    def close(self) -> None:
        """Cancel the commands that are running, and answer them."""
        for task, (message, request) in self._running.items():
            if task.cancel():
                closed = CommandError(Code.UNAVAILABLE, "its target is being closed")
                self.answer(message, self._runner.refuse(request, closed))
        self._connection.remove_hooks(self._send_late)

    async def _run(self, message: Message, request: Request, refusal: CommandError | None) -> None:
        if refusal is None or request.retained:
            result = await self._runner.run(request)
        else:
            result = self._runner.refuse(request, refusal)
        self.answer(message, result)

    def answer(self, message: Message, result: Result) -> None:
        """Publish the result of a message."""
        payload = orjson.dumps(result.as_json(), default=str)
        self._send(_Answer(self._result_topic, payload))
        if message.response_topic:
            self._send(_Answer(message.response_topic, payload, message.correlation_data, is_response=True))

    def _send(self, answer: _Answer) -> None:
        """Publish a result, after a lost connection once there is a new one."""
        if not self._connection.connected:
            self._late.append(answer)
        elif not self._publish(answer, qos=1) and not self._publish(answer, qos=0):
            # The queue of QoS 1 messages is bounded. At QoS 0 a result that cannot be sent has an invalid response
            # topic, is larger than a packet may be, or the broker does not read.
            log.debug("a result cannot be published to %.200r", answer.topic)

    def _publish(self, answer: _Answer, qos: int) -> bool:
        return self._connection.publish(
            answer.topic,
            answer.payload,
            qos=qos,
            correlation_data=answer.correlation_data,
            is_response=answer.is_response,
        )

    def _send_late(self) -> None:
        for _ in range(len(self._late)):
            self._send(self._late.popleft())


def last_level(message: Message) -> str:
    """Return the last level of a message's topic: the name of a command or key."""
    return message.topic.rpartition("/")[2]
