"""Errors of requests, in the form of a command's result, so that clients parse one kind of error."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import web
from msgspec.structs import asdict

from mqttcam.devices.errors import Code

STATUS: Mapping[Code, int] = {
    Code.UNKNOWN_COMMAND: 404,
    Code.UNKNOWN_KEY: 400,
    Code.INVALID_JSON: 400,
    Code.INVALID_VALUE: 400,
    Code.NOT_SUPPORTED: 400,
    Code.BUSY: 429,
    Code.UNAVAILABLE: 503,
    Code.RETAINED: 400,
    Code.TOO_LARGE: 413,
    Code.INTERNAL: 500,
}
"""The HTTP status of each code of a result."""


RETRY_AFTER = "5"
"""Seconds, as the header of answers with status 503."""


class ApiError(Exception):
    """A request that failed outside a command.

    Codes besides those of commands: `unauthorized`, `forbidden`, `not_found`, `method_not_allowed`,
    `invalid_request`, `unsupported_media_type`, `timeout`, `too_many_requests`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        allowed: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.allowed = allowed
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Return the JSON object that is sent."""
        error = {"code": self.code, "field": self.field, "message": self.message, "allowed": self.allowed}
        return {"ok": False, "command": None, "request_id": None, "error": error}

    def response(self) -> web.Response:
        """Return the HTTP response."""
        return json_response(self.body(), self.status, self.headers)


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON response that must not be cached: every answer of the API describes the present.

    `data` may contain `Struct`s, which become objects.
    """
    return web.Response(
        body=orjson.dumps(data, asdict, orjson.OPT_NON_STR_KEYS),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"} | dict(headers or {}),
    )
