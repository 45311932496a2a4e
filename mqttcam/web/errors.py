"""What goes wrong with a request, in the shape of a command's result: a client reads one kind of error."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import web

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
"""The HTTP status of a result's code."""


class ApiError(Exception):
    """A request that is refused before or beside a command.

    Codes beyond those of commands: `unauthorized`, `forbidden`, `not_found`, `method_not_allowed`,
    `unsupported_media_type`, `too_many_requests`.
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
        """As it goes out."""
        error = {"code": self.code, "field": self.field, "message": self.message, "allowed": self.allowed}
        return {"ok": False, "command": None, "request_id": None, "error": error}

    def response(self) -> web.Response:
        return json_response(self.body(), self.status, self.headers)


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON that nobody may keep: every answer of the API is about now."""
    return web.Response(
        body=orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"} | dict(headers or {}),
    )
