"""The commands of one device, as they arrive over MQTT."""

from __future__ import annotations

import asyncio
from typing import Generic

import orjson

from mqttcam.commands.command import TargetT
from mqttcam.commands.request import Request
from mqttcam.commands.result import Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.mqtt.connection import Connection, Message


class CommandInbox(Generic[TargetT]):
    """Runs the commands of one device and publishes their results; clears commands that were retained."""

    def __init__(self, connection: Connection, runner: CommandRunner[TargetT], result_topic: str) -> None:
        self._connection = connection
        self._runner = runner
        self._result_topic = result_topic
        self._running: dict[asyncio.Task[None], tuple[Message, Request]] = {}
        self._cleared: set[str] = set()

    def receive(self, message: Message, command: str, key: str | None = None) -> None:
        """Start a command; its result is published when it has ended."""
        if self._connection.echoes and not message.payload and message.topic in self._cleared:
            self._cleared.discard(message.topic)  # the echo of our own clearing
            return
        if message.retain and message.payload:
            if self._connection.echoes:
                self._cleared.add(message.topic)
            self._connection.publish(message.topic, b"", qos=1, retain=True)
        elif message.retain:
            return  # cleared by another client
        request = Request(command, message.payload, key, message.retain)
        task = asyncio.create_task(self._run(message, request))
        self._running[task] = message, request
        task.add_done_callback(lambda done: self._running.pop(done, None))

    def close(self) -> None:
        """Cancel the commands that are running, and answer them."""
        for task, (message, request) in self._running.items():
            if task.cancel():
                self._answer(message, self._runner.refuse(request, "its target is being closed"))

    async def _run(self, message: Message, request: Request) -> None:
        self._answer(message, await self._runner.run(request))

    def _answer(self, message: Message, result: Result) -> None:
        payload = orjson.dumps(result.as_json(), default=str)
        self._connection.publish(self._result_topic, payload, qos=1)
        if message.response_topic:
            self._connection.publish(
                message.response_topic, payload, qos=1, correlation_data=message.correlation_data
            )


def last_level(message: Message) -> str:
    """Return the last level of a message's topic: the name of a command or key."""
    return message.topic.rpartition("/")[2]
