"""MQTT packets on asyncio's streams."""

from __future__ import annotations

import asyncio

from mqttcam.mqtt.broker.packets import PacketType, write_packet
from tests.support.waiting import HOST, PATIENCE


async def test_connection_closes_after_a_packet_with_an_empty_part() -> None:
    """From Python 3.12 on, an empty part would stay in the transport's buffer for ever."""
    closed = asyncio.Event()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        write_packet(writer, PacketType.CONNACK, b"\0\0", b"")
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(answer, HOST, 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b"\x20\x02\0\0"
            await closed.wait()
        writer.close()
        await writer.wait_closed()
