"""A small MQTT broker for users without one, in a child process.

It listens on one port for MQTT 5 and 3.1.1, and ends with its parent, however that ends.
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
from mqttcam.backoff import Backoff, Pause

log = logging.getLogger(__name__)

START_TIMEOUT = 15.0
"""Seconds for the child process to listen."""
STOP_TIMEOUT = 2.0
"""Seconds for the child process to end, after which it is killed."""
_STABLE = 60.0
"""Seconds that the broker must run for the next restart to come quickly again."""
_CHILD = "mqttcam.mqtt.broker.process"


class BrokerError(Exception):
    """The embedded broker cannot run; the message says why, and what to do."""


class EmbeddedBroker:
    """Runs the broker inside `async with`, and restarts it whenever it dies.

    Attributes:
        port: the port it listens on, also if 0 (any free port) was asked for.
        problem: why it does not run, in words; `None` while it runs.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 1883, *, restart: Backoff | None = None, memory: int = 0
    ) -> None:
        """Do nothing yet.

        Args:
            restart: gives the delays before restarts; by default up to 1 s at first, and up to 60 s later.
            memory: bytes that it may use, beyond which it starts again; 0: half of the machine's, at most 1 GiB.
        """
        self.host = host
        self.port = port
        self.problem: str | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._memory = memory
        self._restart = restart or Backoff()
        self._retry_pause = Pause()
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the broker.

        Raises:
            BrokerError: the library is not installed, or the port is in use.
        """
        if importlib.util.find_spec("iotcore") is None:
            raise BrokerError("the embedded broker needs `iotcore`: pip install 'mqttcam[broker]'")
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

    @property
    def next_try(self) -> float | None:
        """When it is started again, in seconds of `time.monotonic`; None if no start is pending."""
        return self._retry_pause.until

    def try_again(self) -> None:
        """Start it now if a start is pending."""
        self._retry_pause.end()

    async def _start(self) -> None:
        package = str(Path(mqttcam.__file__).parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        # In a session of its own: Ctrl-C is for the daemon, which needs the broker for its last messages.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _CHILD,
            self.host,
            str(self.port),
            str(self._memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        try:
            self.port = await self._read_port(self._process)
        except BaseException:
            await self._stop()
            raise
        log.info("embedded broker: listening on %s, port %d", self.host, self.port)

    async def _read_port(self, process: asyncio.subprocess.Process) -> int:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT):
                line = await process.stdout.readline()
        except TimeoutError:
            raise BrokerError(f"the embedded broker did not start within {START_TIMEOUT:g} s") from None
        try:
            answer = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise BrokerError("the embedded broker ended while starting") from None
        if "error" in answer:
            raise BrokerError(f"the embedded broker: {answer['error']}")
        return int(answer["port"])

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        while self._process is not None:
            since = loop.time()
            code = await self._process.wait()
            why = await self._last_error(self._process) or f"died with exit code {code}"
            self.problem = f"embedded broker: {why}"
            log.error("%s; starting it again", self.problem)
            if loop.time() - since > _STABLE:
                self._restart.reset()
            await self._start_again()

    @staticmethod
    async def _last_error(process: asyncio.subprocess.Process) -> str | None:
        """Return why the process has ended; None if it did not tell."""
        assert process.stdout is not None
        try:
            return str(orjson.loads(await process.stdout.read())["error"])
        except (orjson.JSONDecodeError, LookupError):
            return None

    async def _start_again(self) -> None:
        while True:
            await self._retry_pause.wait(self._restart.next())
            try:
                await self._start()
            except (BrokerError, OSError) as error:
                self.problem = str(error)
                log.error("%s; trying again", error)
            else:
                self.problem = None
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
