"""Users and tokens of the tests, and how each of them asks."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any
from unittest.mock import patch

import aiohttp

from mqttcam.web.passwords import hash_password
from tests.web.serving import Served, client

TOKEN = "a-token-of-the-tests-0123456789"


@cache
def hashed(password: str) -> str:
    """A hash that costs little to check."""
    with patch.multiple("mqttcam.web.passwords", _N=2, _P=1):
        return hash_password(password)


def users() -> dict[str, Any]:
    """The keys of `web:`."""
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
    """What a GET gives; a POST, where there is something to send."""
    async with client(served) as http:
        method = "POST" if request else "GET"
        async with http.request(method, path, headers=headers, **request) as answer:
            return answer.status


SEE = "/api/cameras/front/state"
CHANGE = "/api/cameras/front/set"


def jar() -> aiohttp.CookieJar:
    """One that keeps cookies of addresses too."""
    return aiohttp.CookieJar(unsafe=True)
