"""Real failures: the wait of an hour for the next try ends as soon as a user asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from pathlib import Path

from mqttcam.backoff import Pause
from mqttcam.durable_file import DurableFile, WriteTiming
from mqttcam.mqtt.connection import Connection, Timing
from mqttcam.outputs.queue import FrameQueue
from mqttcam.outputs.tcp import TcpWriter
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer_thread import WriterThread
from mqttcam.settings import MqttSettings
from tests.support.broker import Mosquitto
from tests.support.waiting import HOST, PATIENCE, free_port, until

HOUR = 3600.0


async def test_a_pause_ends_early() -> None:
    pause = Pause()
    pause.end()  # nothing waits: without effect on the next wait
    waiting = asyncio.create_task(pause.wait(HOUR))
    await until(lambda: pause.until)
    assert pause.until is not None
    assert pause.until - time.monotonic() <= HOUR
    pause.end()
    async with asyncio.timeout(PATIENCE):
        await waiting
    assert pause.until is None


async def test_a_pause_ends_by_itself() -> None:
    async with asyncio.timeout(PATIENCE):
        await Pause().wait(0.01)


async def test_mqtt_connects_once_the_broker_is_back(tmp_path: Path) -> None:
    port = free_port()
    settings = MqttSettings.model_validate({"host": HOST, "port": port})
    connection = Connection(settings, client_id="yard", timing=Timing(first_retry=HOUR, last_retry=HOUR))
    connection.start()
    try:
        await until(lambda: connection.next_try)
        assert "is the broker running" in (connection.problem or "")
        broker = Mosquitto(tmp_path, port=port)
        with contextlib.ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, broker)
            connection.try_again()
            async with asyncio.timeout(PATIENCE):
                await connection.wait_connected()
            assert (connection.next_try, connection.problem) == (None, None)
            await connection.stop()
    finally:
        await connection.stop()


async def test_a_full_disk_is_written_once_there_is_space(tmp_path: Path) -> None:
    full = [True]
    written: list[tuple[Path, bytes]] = []

    def write(path: Path, data: bytes) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append((path, data))

    timing = WriteTiming(first_retry=HOUR, last_retry=HOUR)
    file = DurableFile((tmp_path / "a.json",), lambda: b"{}", lost="values", timing=timing, write=write)
    file.changed()
    assert not await file.save()
    assert file.next_try is not None
    assert "No space left on device" in (file.problem or "")
    full[0] = False
    file.try_again()
    await until(lambda: file.problem is None)
    assert written == [(tmp_path / "a.json", b"{}")]
    file.try_again()  # nothing waits
    assert len(written) == 1


async def test_an_output_connects_once_its_destination_is_back() -> None:
    port = free_port()
    thread = WriterThread(
        "tcp front",
        FrameQueue(10, 1_000_000, None),
        lambda: TcpWriter(HOST, port),
        lambda jpeg, _limit: jpeg,
        lambda: False,
        lambda: None,
        enabled=True,
        at_least_once=False,
        timing=OutputTiming(first_retry=HOUR, last_retry=HOUR),
    )
    thread.start()
    try:
        await until(lambda: thread.next_try)
        assert thread.status.problem
        with socket.create_server((HOST, port)):
            thread.try_again()
            await until(lambda: thread.status.connected)
    finally:
        await asyncio.to_thread(thread.stop, 1.0)
