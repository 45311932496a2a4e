"""The process of the embedded broker: `python -m mqttcam.mqtt.broker.process HOST PORT`.

rumqttd listens for MQTT 5 on an internal loopback port. A proxy before it passes on the packets of MQTT 5 clients, and
translates those of 3.1.1 clients.

The first line on standard output is JSON: `{"port": …}` or `{"error": …}`. The process ends when its standard input is
closed, so it never outlives its parent.
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

from mqttcam import descriptors
from mqttcam.mqtt.broker.mqtt311 import broker_to_client, client_to_broker, connect_as_5
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
"""Seconds for a client to send CONNECT."""
_RUMQTTD_TIMEOUT = 10.0
"""Seconds for rumqttd to listen."""
_UNACCEPTABLE_VERSION = b"\x20\x02\x00\x01"
"""A CONNACK with return code 1 (3.1.1, table 3.1), which clients of every version understand."""
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
    """Start rumqttd in threads of this process, and return the loopback port on which it is going to listen."""
    from iotcore.iotcore import IotCoreBroker

    # It logs every packet as an error.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL + 1)
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="mqttcam-broker-") as folder:
        config = Path(folder) / "rumqttd.toml"
        config.write_text(_CONFIG.format(host=LOOPBACK, port=port, largest=LARGEST_PACKET))
        IotCoreBroker(config_path=str(config)).start()
    return port


class ProtocolProxy:
    """Accepts connections, and connects each to rumqttd on `rumqttd_port`."""

    def __init__(self) -> None:
        self.rumqttd_port = 0
        self._clients: set[asyncio.Task[None]] = set()

    async def wait_for_rumqttd(self) -> None:
        """Return once rumqttd listens.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(_RUMQTTD_TIMEOUT):
            while True:
                try:
                    _, writer = await asyncio.open_connection(LOOPBACK, self.rumqttd_port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client in a task; the callback of `asyncio.start_server`."""
        if descriptors.are_scarce():
            writer.close()  # rumqttd, in this process, needs the rest for the clients that it has
            return
        client = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, from its CONNECT to the end of its connection."""
        rumqttd: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                first, body = await read_packet(reader, PacketType.CONNECT)
            level = protocol_level(body)
            if level not in (3, 4, 5):
                writer.write(_UNACCEPTABLE_VERSION)
                return
            answers, rumqttd = await asyncio.open_connection(LOOPBACK, self.rumqttd_port)
            if level == 5:
                write_packet(rumqttd, first, body)
                await _join(_pass(reader, rumqttd), _pass(answers, writer))
            else:
                write_packet(rumqttd, first, connect_as_5(body))
                await _join(client_to_broker(reader, rumqttd), broker_to_client(answers, writer))
        except (OSError, EOFError, PacketError, TimeoutError):
            return  # the client has disconnected, or sent something that is not MQTT
        finally:
            for end in (writer, rumqttd):
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
    """Run until standard input is closed."""
    parent_gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _check_parent, parent_gone)
    proxy = ProtocolProxy()
    server = await asyncio.start_server(
        proxy.accept, host, port, start_serving=False, backlog=descriptors.ACCEPT_AT_ONCE
    )
    proxy.rumqttd_port = start_rumqttd()
    await proxy.wait_for_rumqttd()
    await server.start_serving()
    descriptors.lengthen_queue(server)
    _print({"port": server.sockets[0].getsockname()[1]})
    await parent_gone.wait()


def _check_parent(gone: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        gone.set()


def _print(answer: dict[str, object]) -> None:
    sys.stdout.write(orjson.dumps(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    # Only the parent ends this process: stopped by the same signal, it needs the broker for its last messages.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        asyncio.run(serve(host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _print({"error": f"port {port} on {host} is in use: is another broker running there?"})
        else:
            _print({"error": f"port {port} on {host}: {error.strerror or error}"})
    except Exception as error:  # noqa: BLE001 - the parent logs it
        _print({"error": str(error) or type(error).__name__})
    # rumqttd's threads cannot be stopped.
    os._exit(0)


if __name__ == "__main__":
    main()
