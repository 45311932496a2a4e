"""The server: listens, and stops within a second."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import ssl
from functools import partial
from pathlib import Path

from aiohttp import web

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.settings.web import WebSettings, WebTlsSettings
from mqttcam.web.address import page_url
from mqttcam.web.auth import Authenticator
from mqttcam.web.context import WebContext
from mqttcam.web.protocol import HttpProtocol
from mqttcam.web.revoked_sessions import RevokedSessions
from mqttcam.web.routes import application

log = logging.getLogger(__name__)

_STOP_TIMEOUT = 1.0
_HANDLERS_TIMEOUT = 0.4
_HANDSHAKE_TIMEOUT = 10.0
_KEY_BYTES = 32


class ListenError(OSError):
    """The server cannot start as it is configured; the message says why and what to do."""


class WebServer:
    """Page, streams, API, health and metrics of one daemon, on the running loop.

    Args:
        state_dir: where the key that signs the sessions is kept, and which were ended; without it, a restart ends all.
    """

    def __init__(
        self, settings: WebSettings, registry: DeviceRegistry, state_dir: Path | None = None
    ) -> None:
        access = Authenticator(settings, _session_key(state_dir), RevokedSessions(state_dir))
        self._settings = settings
        self._site = WebContext(settings, registry, access)
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._port: int | None = None

    @property
    def port(self) -> int:
        """The port that it listens on; the configured one before `start`."""
        return self._settings.port if self._port is None else self._port

    @property
    def url(self) -> str:
        """The page's address for people."""
        return page_url(self._settings, self.port)

    @property
    def viewers(self) -> int:
        """How many streams are watched now."""
        return len(self._site.viewers)

    async def start(self) -> None:
        """Listen.

        Raises:
            ListenError: the port is taken, the address is not ours, the certificate is not usable.
        """
        tls = _tls_context(self._settings.tls) if self._settings.tls else None
        runner = web.AppRunner(
            application(self._site),
            handle_signals=False,
            handler_cancellation=True,
            shutdown_timeout=_HANDLERS_TIMEOUT,
        )
        await runner.setup()
        assert runner.server is not None
        host = "127.0.0.1" if self._settings.host.lower() == "localhost" else self._settings.host
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                partial(HttpProtocol, self._site, runner.server),
                host,
                self._settings.port,
                ssl=tls,
                ssl_handshake_timeout=_HANDSHAKE_TIMEOUT if tls else None,
                reuse_address=True,
            )
        except OSError as error:
            await runner.cleanup()
            raise ListenError(_why(error, host, self._settings.port)) from error
        self._runner = runner
        self._port = int(self._listener.sockets[0].getsockname()[1])
        self._site.open()

    async def stop(self) -> None:
        """Close every stream and the server; returns within a second."""
        if self._listener is not None:
            self._listener.close()
        if self._runner is None:
            return
        self._site.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await self._runner.cleanup()
        except TimeoutError:
            log.warning("the web server did not stop within %g s", _STOP_TIMEOUT)
        self._runner = None


def _session_key(state_dir: Path | None) -> bytes:
    """The key kept in the state folder, made at the first start."""
    new = os.urandom(_KEY_BYTES)
    if state_dir is None:
        return new
    path = state_dir / "web.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600, exist_ok=False)
        path.write_bytes(new)
    except FileExistsError:
        return _kept_key(path, new)
    except OSError as error:
        log.warning("logins will not survive a restart: %s: %s", path, error.strerror)
    return new


def _kept_key(path: Path, new: bytes) -> bytes:
    try:
        kept = path.read_bytes()
        if len(kept) == _KEY_BYTES:
            return kept
        path.write_bytes(new)
    except OSError as error:
        log.warning("logins will not survive a restart: %s: %s", path, error.strerror)
    return new


def _tls_context(tls: WebTlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=lambda: "")
    except (OSError, ValueError) as error:
        raise ListenError(
            f"the certificate cannot be used: {tls.cert_file}, {tls.key_file}: {error}"
        ) from error
    return context


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} of {host} is taken by another program: stop it, or choose another web.port"
        case errno.EACCES:
            return f"port {port} may not be used by this user: choose a web.port from 1024 on"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine: set web.host to one, or to 0.0.0.0 for all"
        case _:
            return f"cannot listen on {host} port {port}: {error.strerror or error}"
