"""What `mqttcam healthcheck` asks the running daemon. It runs every 30 seconds in a container, so it loads little."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import orjson

QUERY_TIMEOUT = 3.0
"""Seconds that the daemon has to answer."""
SOCKET = "health.sock"
"""In the state folder."""


def query_health(state_dir: Path, timeout: float = QUERY_TIMEOUT) -> list[str]:
    """Return the daemon's problems; if no daemon is running, or it does not answer, that is the only one."""
    try:
        with (
            open_folder(state_dir) as folder,
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
        ):
            connection.settimeout(timeout)
            connection.connect(str(socket_path(folder)))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except TimeoutError:
        return [f"the daemon does not answer within {timeout:g} s"]
    except OSError as error:
        return [f"no daemon is running ({state_dir / SOCKET}: {error.strerror or error})"]
    try:
        problems = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return ["the daemon ended while it answered"]
    if not isinstance(problems, list):
        return [f"{state_dir / SOCKET} is another program's: its answer is not a list of problems"]
    return [str(problem) for problem in problems]


@contextlib.contextmanager
def open_folder(folder: Path) -> Iterator[int]:
    """Open a folder for the block, and return its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def socket_path(folder: int) -> Path:
    """Return the socket's path through the open folder: the usual one may exceed 107 bytes, the limit of unix(7)."""
    return Path(f"/proc/self/fd/{folder}/{SOCKET}")
