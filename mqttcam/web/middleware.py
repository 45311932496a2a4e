"""What happens to every response: errors become JSON, and security headers are added."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler

from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError

log = logging.getLogger(__name__)


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions of a handler into JSON responses."""
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _from_aiohttp(error)
    except ConnectionError:
        raise
    except web.RequestPayloadError:
        return ApiError(400, "invalid_request", "the body is not what its headers say").response()
    except Exception as error:
        log.exception("web: %s %s failed", request.method, request.path)
        return ApiError(500, "internal", type(error).__name__).response()


def _from_aiohttp(error: web.HTTPException) -> web.StreamResponse:
    """Return aiohttp's own errors, such as that for an unknown path, in our form."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status, "invalid_request"
    )
    return ApiError(error.status, code, error.reason, headers=headers).response()


async def on_response_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to every response of the application."""
    add_security_headers(request.app[CONTEXT], response)


def add_security_headers(context: WebContext, response: web.StreamResponse) -> None:
    """Add the security headers to a response. Other sites, such as dashboards, may embed pictures and videos only."""
    set_security_headers(response, context.settings.frame_ancestors)


def set_security_headers(response: web.StreamResponse, frame_ancestors: Iterable[str] = ()) -> None:
    """Set the security headers; only this server and `frame_ancestors` may embed the page."""
    ancestors = " ".join(("'self'", *frame_ancestors))
    headers = response.headers
    headers["Server"] = "mqttcam"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "media-src 'self' blob:; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; "
        f"frame-ancestors {ancestors}"
    )
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if not response.content_type.startswith(("image/", "multipart/", "video/")):
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
