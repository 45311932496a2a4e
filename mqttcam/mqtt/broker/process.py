"""The process of the embedded broker: `python -m mqttcam.mqtt.broker.process HOST PORT MEMORY`.

rumqttd listens for MQTT 5 on an internal loopback port. A proxy before it passes on the packets of MQTT 5 clients, and
translates those of 3.1.1 clients.

MEMORY is the number of bytes that it may use; 0: as `memory.limit` says.

The first line on standard output is JSON: `{"port": …}` or `{"error": …}`; an error may follow later, when it ends. The
process ends when its standard input is closed, so it never outlives its parent.
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
from pathlib import Path

import orjson

from mqttcam import descriptors
from mqttcam.mqtt.broker import memory
from mqttcam.mqtt.broker.packets import LARGEST_PACKET
from mqttcam.mqtt.broker.proxy import LOOPBACK, ClientProtocol, ProtocolProxy

_STALLED = 30.0
"""Seconds for a client to take 48 kB of what is sent to it; rumqttd keeps its messages until then."""
_STALLED_WITHOUT_MEMORY = 1.0
"""The same while the broker uses more than half of the memory that it may use."""
_MEMORY_INTERVAL = 0.1
"""Seconds between two looks at the memory and at stalled clients."""
_RUMQTTD_INTERVAL, _RUMQTTD_TIMEOUT, _FAILED_CHECKS = 2.0, 5.0, 2
"""Seconds between two checks whether rumqttd accepts clients, seconds for each, and failed ones until the restart: its
threads end at some packets, and it does not notice."""

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


class MustRestart(Exception):
    """The broker cannot go on; the message says why."""


async def serve(host: str, port: int, most_memory: int) -> None:
    """Run until standard input is closed.

    Raises:
        MustRestart: rumqttd has failed, or clients made it use too much memory; only a new process helps.
    """
    parent_gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), _check_parent, parent_gone)
    proxy = ProtocolProxy()
    server = await loop.create_server(
        lambda: ClientProtocol(proxy), host, port, start_serving=False, backlog=descriptors.ACCEPT_AT_ONCE
    )
    proxy.rumqttd_port = start_rumqttd()
    await proxy.wait_for_rumqttd()
    await server.start_serving()
    descriptors.lengthen_queue(server)
    _print({"port": server.sockets[0].getsockname()[1]})
    memory.be_killed_first()
    checks = (parent_gone.wait(), _check_memory(proxy, most_memory), _check_rumqttd(proxy))
    tasks = [asyncio.ensure_future(check) for check in checks]
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        await task


async def _check_memory(proxy: ProtocolProxy, most: int) -> None:
    while (used := memory.used()) <= most:
        proxy.drop_stalled(_STALLED_WITHOUT_MEMORY if used > most // 2 else _STALLED)
        await asyncio.sleep(_MEMORY_INTERVAL)
    raise MustRestart(f"clients made it use {used >> 20} MiB of memory, at most {most >> 20} are allowed")


async def _check_rumqttd(proxy: ProtocolProxy) -> None:
    failures = 0
    while failures < _FAILED_CHECKS:
        await asyncio.sleep(_RUMQTTD_INTERVAL)
        failures = 0 if await proxy.rumqttd_answers(_RUMQTTD_TIMEOUT) else failures + 1
    raise MustRestart("rumqttd no longer accepts clients")


def _check_parent(gone: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        gone.set()


def _print(answer: dict[str, object]) -> None:
    sys.stdout.write(orjson.dumps(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    host, port, most_memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    # Only the parent ends this process: stopped by the same signal, it needs the broker for its last messages.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        asyncio.run(serve(host, port, most_memory or memory.limit()))
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
