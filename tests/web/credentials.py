"""Users and tokens for the tests, and requests with their credentials."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import aiohttp

from mqttcam.web.passwords import Cost, hash_password
from tests.web.serving import Served, client

TOKEN = "a-token-of-the-tests-0123456789"


@cache
def hashed(password: str) -> str:
    """Return a hash that is fast to verify."""
    return hash_password(password, Cost(n=2, p=1))


def users() -> dict[str, Any]:
    """Return the keys of `web:`."""
    return {
        "users": {
            "anna": {"password_hash": hashed("right")},
            "otto": {"password_hash": hashed("right"), "role": "viewer"},
        },
        "tokens": {"node-red": {"token": TOKEN, "role": "admin"}, "grafana": {"token": TOKEN[::-1]}},
    }


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def status(served: Served, path: str, headers: dict[str, str] | None = None, **request: Any) -> int:
    """Return the status of a GET, or of a POST if there is something to send."""
    async with client(served) as http:
        method = "POST" if request else "GET"
        async with http.request(method, path, headers=headers, **request) as answer:
            return answer.status


SEE = "/api/cameras/front/state"
CHANGE = "/api/cameras/front/set"


def jar() -> aiohttp.CookieJar:
    """Return a cookie jar that also accepts cookies from IP addresses."""
    return aiohttp.CookieJar(unsafe=True)
