"""The first-start page: the questions of `mqttcam init` in a browser, served until the file is written.

Every request but those for the files of the page needs the token that is printed in the terminal. It is new at each
start, and the browser never sends it by itself, so that no other site can use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from mqttcam.camera.trial import TrialFailed
from mqttcam.settings import SettingsError
from mqttcam.settings.settings import default_node
from mqttcam.setup.answers import BrokerLogin, InvalidAnswer, SetupAnswers
from mqttcam.setup.broker_login import LoginFailed, check_login
from mqttcam.setup.brokers import find_brokers
from mqttcam.setup.cameras import TEST_PATTERN, find_cameras_within, take_picture
from mqttcam.setup.configuration_text import configuration_text
from mqttcam.setup.extras import missing_extra
from mqttcam.setup.next_steps import next_steps, page_address
from mqttcam.setup.page_requests import BrokerRequest, CameraRequest, WriteRequest, parsed
from mqttcam.setup.written_file import check_text, write_configuration
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.middleware import json_errors, set_security_headers
from mqttcam.web.static_files import first_start, static

IDLE_SECONDS = 1800.0
_MAX_BODY = 200_000
_CAMERA_SECONDS = 20.0
_SHUTDOWN_SECONDS = 2.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[Path], Sequence[str]]
"""Checks a file as `mqttcam check` does, and returns the lines to show; raises `SettingsError`."""


class Listener(Struct, frozen=True):
    """Where the page listens, and for how long without a request."""

    host: str
    port: int
    idle: float = IDLE_SECONDS


class SetupPage:
    """The server of the page.

    Attributes:
        written: the answers, once the file is written.
    """

    def __init__(self, path: Path, token: str, check: Check, listener: Listener) -> None:
        self.written: SetupAnswers | None = None
        self._path = path
        self._token = token
        self._check = check
        self._listener = listener
        self._ended = asyncio.Event()
        self._used = 0.0
        self._busy: set[str] = set()

    async def serve(self, on_ready: Callable[[], None]) -> None:
        """Serve until the file is written, `stop` is called, or nobody has used the page for some time.

        Raises:
            OSError: the port is in use, or the address is not one of this machine.
        """
        runner = web.AppRunner(
            self._application(), handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS, access_log=None
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._listener.host, self._listener.port).start()
            on_ready()
            await self._wait_for_end()
        finally:
            await runner.cleanup()

    def stop(self) -> None:
        """End the server."""
        self._ended.set()

    async def _wait_for_end(self) -> None:
        clock = asyncio.get_running_loop().time
        self._used = clock()
        while not self._ended.is_set() and (left := self._used + self._listener.idle - clock()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._ended.wait()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[json_errors], client_max_size=_MAX_BODY)
        app.on_response_prepare.append(_add_headers)
        app.router.add_get("/", first_start)
        app.router.add_get("/static/{file}", static)
        app.router.add_get("/api/first-start", self._with_token(self._state))
        for name, handler in {
            "cameras": self._cameras,
            "brokers": self._brokers,
            "picture": self._picture,
            "login": self._login,
            "write": self._write,
        }.items():
            app.router.add_post(
                f"/api/first-start/{name}", self._with_token(self._one_at_a_time(name, handler))
            )
        return app

    def _with_token(self, handler: _Handler) -> _Handler:
        async def authorized(request: web.Request) -> web.StreamResponse:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            token = given.encode(errors="surrogateescape")
            if scheme != "Bearer" or not hmac.compare_digest(token, self._token.encode()):
                raise ApiError(
                    401, "unauthorized", "open the address that the terminal shows, with its token"
                )
            self._used = asyncio.get_running_loop().time()
            try:
                return await handler(request)
            except InvalidAnswer as error:
                raise ApiError(400, "invalid_value", str(error), error.field) from None
            finally:
                self._used = asyncio.get_running_loop().time()

        return authorized

    def _one_at_a_time(self, name: str, handler: _Handler) -> _Handler:
        async def alone(request: web.Request) -> web.StreamResponse:
            if name in self._busy:
                raise ApiError(429, "busy", "this is being done already: try again in some seconds")
            self._busy.add(name)
            try:
                return await handler(request)
            finally:
                self._busy.discard(name)

        return alone

    # what the page asks for

    async def _state(self, _request: web.Request) -> web.Response:
        return json_response(
            {
                "node": default_node(),
                "file": str(self._path),
                "exists": self._path.exists(),
                "embedded_broker": missing_extra("iotcore", "broker") is None,
                "no_recordings": missing_extra("av", "video"),
            }
        )

    async def _cameras(self, _request: web.Request) -> web.Response:
        try:
            found = await find_cameras_within(_CAMERA_SECONDS)
        except TimeoutError:
            raise ApiError(503, "timeout", "a camera does not answer: unplug it, and look again") from None
        cameras = [*found, TEST_PATTERN]
        return json_response(
            {"cameras": [{"model": one.model, "source": one.source, "size": one.size} for one in cameras]}
        )

    async def _brokers(self, _request: web.Request) -> web.Response:
        search = await find_brokers()
        brokers = [{"name": one.name, "address": one.address} for one in search.brokers]
        return json_response({"brokers": brokers, "note": search.note})

    async def _picture(self, request: web.Request) -> web.Response:
        camera = parsed(CameraRequest, await request.read())
        field = "address" if camera.source is None else "source"
        try:
            picture = await take_picture(camera.to_source(), camera.size)
        except TrialFailed as error:
            raise ApiError(503, "unavailable", f"no picture: {error}", field) from None
        return web.Response(
            body=picture.jpeg, content_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    async def _login(self, request: web.Request) -> web.Response:
        broker = parsed(BrokerRequest, await request.read()).answer()
        if isinstance(broker, BrokerLogin):
            await _try_login(broker, "")
        return json_response({"ok": True})

    async def _write(self, request: web.Request) -> web.Response:
        wanted = parsed(WriteRequest, await request.read())
        if self._path.exists() and not wanted.replace:
            raise ApiError(409, "exists", f"{self._path} exists: agree to replace it", "replace")
        answers = await asyncio.to_thread(wanted.answers, self._listener.port)
        if wanted.test and isinstance(answers.broker, BrokerLogin):
            await _try_login(answers.broker, "broker.")
        kept, lines = await asyncio.to_thread(self._write_file, answers)
        self.written = answers
        self._ended.set()
        return json_response(
            {
                "file": str(self._path),
                "kept": None if kept is None else str(kept),
                "lines": lines,
                "steps": next_steps(self._path, os.environ),
                "page": page_address(answers),
            }
        )

    def _write_file(self, answers: SetupAnswers) -> tuple[Path | None, Sequence[str]]:
        text = configuration_text(answers, self._path)
        try:
            check_text(text)
            kept = write_configuration(self._path, text)
        except SettingsError as error:
            raise ApiError(400, "invalid_value", error.problems[0].message, error.problems[0].key) from None
        except OSError as error:
            raise ApiError(500, "internal", f"{self._path} cannot be written: {error.strerror}") from None
        try:
            return kept, self._check(self._path)
        except SettingsError as error:
            return kept, [str(problem) for problem in error.problems]


async def _try_login(broker: BrokerLogin, prefix: str) -> None:
    """Log in to the broker; `prefix` is the path of the fields of the broker."""
    try:
        await check_login(broker.settings())
    except LoginFailed as error:
        field = "address" if error.field == "broker" else error.field
        raise ApiError(400, "refused", str(error), f"{prefix}{field}") from None


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    set_security_headers(response)
