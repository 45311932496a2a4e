"""The process of the embedded broker: `python -m mqttcam.mqtt.broker.process HOST PORT`.

rumqttd speaks MQTT 5 on an inner loopback port. Before it stands a door that lets MQTT 5 clients pass and
translates for those of 3.1.1: rumqttd has a listener for these too, but it drops a 3.1.1 client that is to
get a message with MQTT 5 properties, as every picture has.

The first line on standard output is JSON: `{"port": …}` or `{"error": …}`. The process ends when its standard
input does, so it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import orjson

from mqttcam.mqtt.broker.mqtt311 import backward, forward, new_connect
from mqttcam.mqtt.broker.packets import (
    LARGEST_PACKET,
    PacketError,
    PacketType,
    protocol_level,
    read_packet,
    write_packet,
)

LOOPBACK = "127.0.0.1"
CONNECT_TIMEOUT = 10.0
"""Seconds that a client gets for its CONNECT."""
_INNER_TIMEOUT = 10.0
_UNACCEPTABLE_VERSION = b"\x20\x02\x00\x01"
"""A CONNACK that each version of MQTT understands (3.1.1, table 3.1)."""
_CHUNK = 65536

_CONFIG = """
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 8388608
max_segment_count = 3
[v5.1]
name = "v5"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {largest}
max_inflight_count = 100
dynamic_filters = true
"""


def start_rumqttd() -> int:
    """Start rumqttd in threads of this process; the loopback port where it will listen."""
    from iotcore.iotcore import IotCoreBroker

    # It reports every packet as an error.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL + 1)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="mqttcam-broker-") as folder:
        config = Path(folder) / "rumqttd.toml"
        config.write_text(_CONFIG.format(host=LOOPBACK, port=port, largest=LARGEST_PACKET))
        IotCoreBroker(config_path=str(config)).start()
    return port


class ProtocolProxy:
    """Takes connections and joins each to rumqttd, which listens on `inner_port`."""

    def __init__(self) -> None:
        self.inner_port = 0
        self._clients: set[asyncio.Task[None]] = set()

    async def wait_for_rumqttd(self) -> None:
        """Raises `TimeoutError`: it does not listen."""
        async with asyncio.timeout(_INNER_TIMEOUT):
            while True:
                try:
                    _, writer = await asyncio.open_connection(LOOPBACK, self.inner_port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a client."""
        client = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its CONNECT to its end."""
        inner: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                first, body = await read_packet(reader, PacketType.CONNECT)
            level = protocol_level(body)
            if level not in (3, 4, 5):
                writer.write(_UNACCEPTABLE_VERSION)
                return
            answers, inner = await asyncio.open_connection(LOOPBACK, self.inner_port)
            if level == 5:
                write_packet(inner, first, body)
                await _join(_pass(reader, inner), _pass(answers, writer))
            else:
                write_packet(inner, first, new_connect(body))
                await _join(forward(reader, inner), backward(answers, writer))
        except (OSError, EOFError, PacketError, TimeoutError):
            return  # a client that goes, or that speaks no MQTT, is nobody's problem
        finally:
            for end in (writer, inner):
                if end is not None:
                    end.close()


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()


async def _join(*ways: Coroutine[Any, Any, None]) -> None:
    """Run both directions until either ends."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(host: str, port: int) -> None:
    """Run until standard input ends."""
    parent_gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _look_at_parent, parent_gone)
    proxy = ProtocolProxy()
    server = await asyncio.start_server(proxy.accept, host, port, start_serving=False)
    proxy.inner_port = start_rumqttd()
    await proxy.wait_for_rumqttd()
    await server.start_serving()
    _say({"port": server.sockets[0].getsockname()[1]})
    await parent_gone.wait()


def _look_at_parent(gone: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        gone.set()


def _say(word: dict[str, object]) -> None:
    sys.stdout.write(orjson.dumps(word).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    # The parent alone decides: it wants the broker for its last word while it is stopped by the same signal.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        asyncio.run(serve(host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _say({"error": f"{host}, port {port} is taken: is another broker running there?"})
        else:
            _say({"error": f"{host}, port {port}: {error.strerror or error}"})
    except Exception as error:  # noqa: BLE001 - the parent shows it
        _say({"error": str(error) or type(error).__name__})
    # rumqttd's threads know no end.
    os._exit(0)


if __name__ == "__main__":
    main()
