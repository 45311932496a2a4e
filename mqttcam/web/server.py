"""The web server: start and stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from functools import partial
from pathlib import Path

from aiohttp import web

from mqttcam import descriptors
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices import hints
from mqttcam.recordings.library import Library
from mqttcam.settings.editing.config_editor import ConfigEditor
from mqttcam.settings.web import WebSettings, WebTlsSettings
from mqttcam.tls import TlsError, TlsFiles, server_context
from mqttcam.web.address import page_url
from mqttcam.web.auth import Authenticator
from mqttcam.web.context import WebContext
from mqttcam.web.protocol import ConnectionLimit, HttpProtocol
from mqttcam.web.revoked_sessions import RevokedSessions
from mqttcam.web.routes import application
from mqttcam.web.sessions import Sessions, load_session_key
from mqttcam.web.signed_addresses import SignedAddresses
from mqttcam.web.timing import Timing

log = logging.getLogger(__name__)

_MAX_CONNECTIONS = 512
"""Besides the streams. Each is an open file, of which a process usually has 1024; cameras, MQTT and Kafka need theirs.
A browser opens six at most."""
_STOP_TIMEOUT = 1.0
_HANDLERS_TIMEOUT = 0.4
_TIMING = Timing()


class ListenError(OSError):
    """The server cannot start as it is configured. The message says why, and what to do."""


class WebServer:
    """The HTTP server of one daemon, on the running event loop.

    Args:
        state_dir: where the session key, the revoked sessions and tuning files are kept; None ends all sessions at a
            restart.
        library: the recordings; None if there are none.
        editor: changes the configuration file; None if nothing can be changed.
        max_connections: besides the streams.
    """

    def __init__(
        self,
        settings: WebSettings,
        registry: DeviceRegistry,
        state_dir: Path | None = None,
        library: Library | None = None,
        *,
        editor: ConfigEditor | None = None,
        timing: Timing = _TIMING,
        max_connections: int = _MAX_CONNECTIONS,
    ) -> None:
        revoked = RevokedSessions(state_dir)
        registry.node.add_check(lambda: revoked.problem, "Logins", hints.DAEMON, retrying=revoked)
        key = load_session_key(state_dir)
        auth = Authenticator(settings, Sessions(key, revoked))
        addresses = SignedAddresses(key)
        registry.node.sign_addresses(addresses.sign)
        self._settings = settings
        self._context = WebContext(
            settings, registry, auth, addresses, library, TuningFiles(state_dir), timing, editor, state_dir
        )
        self._max_connections = max_connections
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._port: int | None = None

    @property
    def port(self) -> int:
        """The port that the server listens on; the configured one before `start`."""
        return self._settings.port if self._port is None else self._port

    @property
    def url(self) -> str:
        """The URL of the page."""
        return page_url(self._settings, self.port)

    @property
    def viewers(self) -> int:
        """The number of clients that watch a camera."""
        return len(self._context.viewers)

    @property
    def subscribers(self) -> int:
        """The number of update streams."""
        return len(self._context.publisher)

    async def start(self) -> None:
        """Listen.

        Raises:
            ListenError: the port is in use, the address is not ours, or the certificate is not usable.
        """
        tls = _tls_context(self._settings.tls) if self._settings.tls else None
        runner = web.AppRunner(
            application(self._context),
            handle_signals=False,
            handler_cancellation=True,
            shutdown_timeout=_HANDLERS_TIMEOUT,
        )
        await runner.setup()
        assert runner.server is not None
        host = "127.0.0.1" if self._settings.host.lower() == "localhost" else self._settings.host
        limit = ConnectionLimit(self._max_connections + self._settings.max_viewers)
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                partial(HttpProtocol, self._context, runner.server, limit),
                host,
                self._settings.port,
                ssl=tls,
                ssl_handshake_timeout=self._context.timing.tls_handshake if tls else None,
                reuse_address=True,
                backlog=descriptors.ACCEPT_AT_ONCE,
            )
        except OSError as error:
            await runner.cleanup()
            raise ListenError(_reason(error, host, self._settings.port)) from error
        descriptors.lengthen_queue(self._listener)
        if self._settings.allow_unauthenticated and not self._context.auth.enabled:
            log.info(
                "web: there is no login, so everyone may change everything;"
                " `web.anonymous: live` limits them to watching"
            )
        self._runner = runner
        self._port = int(self._listener.sockets[0].getsockname()[1])
        self._context.open()

    async def stop(self) -> None:
        """Close every stream and the server, within about a second."""
        if self._listener is not None:
            self._listener.close()
        if self._runner is None:
            return
        self._context.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await self._runner.cleanup()
        except TimeoutError:
            log.warning("web: did not stop within %g s", _STOP_TIMEOUT)
        self._runner = None


def _tls_context(tls: WebTlsSettings) -> ssl.SSLContext:
    try:
        return server_context(TlsFiles("web.tls", cert_file=tls.cert_file, key_file=tls.key_file))
    except TlsError as error:
        raise ListenError(str(error)) from error


def _reason(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use by another program: stop it, or choose another web.port"
        case errno.EACCES:
            return f"this user may not listen on port {port}: choose a web.port of 1024 or above"
        case (
            errno.EADDRNOTAVAIL | None
        ):  # asyncio of Python 3.13 and newer leaves the number out in this case alone
            return f"{host} is not an address of this machine: set web.host to one, or to 0.0.0.0 for all"
        case _:
            return f"cannot listen on {host} port {port}: {error.strerror or error}"
