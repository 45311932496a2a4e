"""A small MQTT broker for people without one: rumqttd, from the library iotcore, in a child process.

It listens on one port for MQTT 5 and 3.1.1 alike, and ends with its parent, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

import mqttcam

log = logging.getLogger(__name__)

START_TIMEOUT = 15.0
STOP_TIMEOUT = 2.0
_RESTART_DELAY = 1.0
_CHILD = "mqttcam.mqtt.broker.process"


class BrokerError(Exception):
    """The embedded broker cannot run; the message says why and what helps."""


class EmbeddedBroker:
    """The broker while it is in an `async with`; one that dies is started again.

    Attributes:
        port: where it listens, also where 0 (any free one) was asked for.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 1883) -> None:
        self.host = host
        self.port = port
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Raises `BrokerError`: the library is missing, or the port is taken."""
        if importlib.util.find_spec("iotcore") is None:
            raise BrokerError("the embedded broker needs a library: pip install 'mqttcam[broker]'")
        await self._start()
        self._watch = asyncio.create_task(self._keep_running(), name="embedded broker")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self._stop()

    async def _start(self) -> None:
        package = str(Path(mqttcam.__file__).parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        # In a session of its own: Ctrl-C is for the daemon, which needs the broker for its last word.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _CHILD,
            self.host,
            str(self.port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        try:
            self.port = await self._first_word(self._process)
        except BaseException:
            await self._stop()
            raise
        log.info("embedded broker: %s, port %d", self.host, self.port)

    async def _first_word(self, process: asyncio.subprocess.Process) -> int:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT):
                line = await process.stdout.readline()
        except TimeoutError:
            raise BrokerError(f"the embedded broker has not started within {START_TIMEOUT:.0f} s") from None
        try:
            word = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise BrokerError("the embedded broker ended at its start") from None
        if "error" in word:
            raise BrokerError(f"the embedded broker: {word['error']}")
        return int(word["port"])

    async def _keep_running(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            log.error("the embedded broker has died (exit code %d): starting it again", code)
            await asyncio.sleep(_RESTART_DELAY)
            try:
                await self._start()
            except BrokerError as error:
                log.error("%s", error)
                return

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
