"""The web server with real cameras and without MQTT, and readers of its streams."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Daemon, Node
from mqttcam.devices.recordings import Recorded
from mqttcam.devices.store import Store
from mqttcam.recordings.library import Library
from mqttcam.settings import CameraSettings
from mqttcam.settings.editing.config_editor import ConfigEditor
from mqttcam.settings.recordings import KeepSettings
from mqttcam.settings.web import WebSettings
from mqttcam.web import WebServer
from mqttcam.web.mjpeg import MjpegStreams
from mqttcam.web.timing import Timing
from tests.support.cameras import running
from tests.support.transports import abort_closing
from tests.support.waiting import PATIENCE

T = TypeVar("T")

TEST_PATTERN: dict[str, Any] = {"source": {"type": "test_pattern"}, "size": "320x240", "frame_rate": 24}


@dataclass
class Served:
    """A running web server."""

    registry: DeviceRegistry
    server: WebServer
    store: Store
    library: Library
    directory: Path
    https: bool

    @property
    def url(self) -> str:
        """The root URL, without a slash at its end."""
        return f"{'https' if self.https else 'http'}://127.0.0.1:{self.server.port}"

    @property
    def front(self) -> CameraDevice:
        """The first camera."""
        return next(iter(self.registry.devices.values()))

    @property
    def streams(self) -> MjpegStreams:
        """The MJPEG streams, with their counters."""
        return self.server._context.streams

    async def add(self, camera_id: str, **settings: Any) -> CameraDevice:
        """Add a camera, and wait until it runs unless it is disabled."""
        model = CameraSettings.model_validate({"name": camera_id.title()} | TEST_PATTERN | settings)
        node = self.registry.node
        recorded = Recorded(self.library, node.event_address, node.file_address)
        device = build_device(camera_id, model, self.store, recorded=recorded)
        self.registry.add(device)
        device.camera.start()
        if model.enabled:
            await running(device.camera)
        return device

    async def remove(self, camera_id: str) -> None:
        """Remove a camera, as a reload without it does."""
        device = self.registry.devices[camera_id]
        self.registry.remove(camera_id)
        await device.stop()


@asynccontextmanager
async def serving(
    cameras: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    start: bool = True,
    daemon: Daemon | None = None,
    editor: ConfigEditor | None = None,
    timing: Timing | None = None,
    max_connections: int = 512,
    **web: Any,
) -> AsyncIterator[Served]:
    """Run a node with cameras (by default one test pattern, `front`) and its web server on a free port.

    Args:
        web: the keys of `web:`.
    """
    with tempfile.TemporaryDirectory() as directory:
        store = Store(Path(directory) / "values.json")
        registry = DeviceRegistry(Node("yard", daemon=daemon))
        settings = WebSettings.model_validate({"enabled": True, "port": 0} | web)
        library = Library(
            Path(directory) / "recordings",
            Path(directory) / "recordings.sqlite",
            KeepSettings(free=0, days=None),
        )
        server = WebServer(
            settings,
            registry,
            Path(directory),
            library,
            editor=editor,
            timing=timing or Timing(),
            max_connections=max_connections,
        )
        served = Served(registry, server, store, library, Path(directory), "tls" in web)
        try:
            for camera_id, keys in ({"front": {}} if cameras is None else cameras).items():
                await served.add(camera_id, **keys)
            library.start()
            if start:
                await server.start()
            yield served
        finally:
            await server.stop()
            await asyncio.gather(*(device.stop() for device in registry.devices.values()))
            await library.close()
            await store.save()  # a command whose client is gone may still be writing into the directory


@contextmanager
def serving_in_thread(
    cameras: Mapping[str, Mapping[str, Any]] | None = None, **web: Any
) -> Iterator[tuple[Served, asyncio.AbstractEventLoop]]:
    """Run the same in a thread, for tests that block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    manager = serving(cameras, **web)
    try:
        yield asyncio.run_coroutine_threadsafe(manager.__aenter__(), loop).result(PATIENCE), loop
    finally:
        asyncio.run_coroutine_threadsafe(manager.__aexit__(None, None, None), loop).result(PATIENCE)
        asyncio.run_coroutine_threadsafe(abort_closing(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@asynccontextmanager
async def client(served: Served, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """Open an HTTP client whose paths are relative to the server's root."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
    async with aiohttp.ClientSession(served.url, timeout=timeout, **options) as session:
        yield session


async def raw(served: Served, head: bytes) -> bytes:
    """Send these bytes and an empty line, and return what the server sends until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    try:
        writer.write(head + b"\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


@dataclass(frozen=True)
class Part:
    """One picture of a stream, with its headers."""

    headers: dict[str, str]
    jpeg: bytes

    @property
    def ts(self) -> float:
        """Capture time, Unix seconds."""
        return float(self.headers["x-timestamp"])


class Parts:
    """Reads an MJPEG stream as simple clients do: headers, then as many bytes as they announce."""

    def __init__(self, content: asyncio.StreamReader | aiohttp.StreamReader) -> None:
        self._content = content
        self._first = True

    async def next(self) -> Part:
        """Return the next picture.

        Raises:
            asyncio.IncompleteReadError: the stream has ended.
        """
        if self._first:
            assert await self._content.readexactly(9) == b"--frame\r\n"
            self._first = False
        headers: dict[str, str] = {}
        while line := (await self._content.readuntil(b"\r\n")).strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        jpeg = await self._content.readexactly(int(headers["content-length"]))
        # The boundary after a picture is sent with it, not with the next one.
        assert await self._content.readexactly(11) == b"\r\n--frame\r\n"
        return Part(headers, jpeg)

    async def end(self) -> None:
        """Read until the stream has ended.

        Raises:
            TimeoutError: it has not ended within 10 s.
        """
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.next()
            except (asyncio.IncompleteReadError, ConnectionError):
                return


@asynccontextmanager
async def watching(served: Served, path: str = "/stream.mjpg", **connection: Any) -> AsyncIterator[Parts]:
    """Open a stream on a plain socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, **connection)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        assert "transfer-encoding" not in head
        assert "multipart/x-mixed-replace; boundary=frame" in head
        yield Parts(reader)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
