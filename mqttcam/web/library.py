"""What the handlers of events and of files share: the library, and what is the same in their requests and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import orjson
from aiohttp import web

from mqttcam.recordings.indexed_files import NotFinished
from mqttcam.recordings.library import Library, LibraryUnavailable
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import RETRY_AFTER, ApiError

GONE = "it is not kept any more"


@asynccontextmanager
async def library_of(request: web.Request) -> AsyncIterator[Library]:
    """Yield the library; its failures become errors of the request."""
    library = request.app[CONTEXT].library
    if library is None:
        raise ApiError(503, "unavailable", "recordings are not available")
    try:
        yield library
    except LibraryUnavailable as error:
        raise ApiError(503, "unavailable", str(error), headers={"Retry-After": RETRY_AFTER}) from error
    except NotFinished:
        message = "the recording is still being made: end it with the command stop_recording"
        raise ApiError(409, "busy", message) from None


def camera_ids(request: web.Request) -> list[str]:
    """Return the ids of present and former cameras."""
    context = request.app[CONTEXT]
    recorded = context.library.cameras if context.library is not None else ()
    return sorted({*context.registry.devices, *recorded})


def read_keep(data: bytes) -> bool:
    """Return the value in `{"keep": true}`.

    Raises:
        ApiError: the body is something else.
    """
    try:
        parsed = orjson.loads(data)
    except ValueError:
        raise ApiError(400, "invalid_json", 'the body must be {"keep": true} or {"keep": false}') from None
    value = parsed.get("keep") if isinstance(parsed, dict) else None
    if isinstance(value, bool):
        return value
    raise ApiError(400, "invalid_value", "is missing, or neither true nor false", "keep", [True, False])


def iso_time(ns: int) -> str:
    """Return Unix nanoseconds as an ISO time in UTC."""
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds")
