"""HTTP requests: as bytes, their queries, headers and cookies, and the bodies of logins and commands.

That each documented request is answered as documented: tests/web/test_openapi.py.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.web.passwords import Cost, hash_password
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.web.serving import serving_in_thread

# aiohttp leaves a file that it was opening for a client that has gone to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
)

_TOKEN = "0123456789012345678901234567890123456789"
_HEAD = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
_LOGIN = b'{"name": "ada", "password": "wrong"}'
_BEARER = b"Authorization: Bearer " + _TOKEN.encode() + b"\r\n"
_JSON = b"Content-Type: application/json\r\n"


def _post(path: bytes, body: bytes) -> bytes:
    return b"POST " + path + _HEAD + _JSON + _BEARER + b"Content-Length: %d\r\n\r\n" % len(body) + body


_EXAMPLES = [
    b"GET /" + _HEAD + b"\r\n",
    b"GET /cameras/front/snapshot.jpg?width=64&quality=50" + _HEAD + _BEARER + b"\r\n",
    b"GET /cameras/front/snapshots/1.jpg" + _HEAD + _BEARER + b"\r\n",
    b"HEAD /stream.mjpg?fps=2&width=64" + _HEAD + _BEARER + b"\r\n",
    b"GET /api/cameras/front/state"
    + _HEAD
    + b"Cookie: mqttcam_session=abc.def; x=y\r\nAccept-Encoding: gzip\r\n\r\n",
    b"GET /metrics" + _HEAD + _BEARER + b"Accept: application/openmetrics-text; version=1.0.0\r\n\r\n",
    b"GET /static/app.js"
    + _HEAD
    + b'Range: bytes=0-9\r\nIf-None-Match: "x"\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
    _post(b"/api/cameras/front/set", b'{"image_quality": 70}'),
    _post(b"/api/cameras/front/cmd/snapshot", b"{}"),
    _post(b"/api/node/cmd/rediscover", b""),
    _post(b"/api/login", _LOGIN),
    b"POST /api/login" + _HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n',
    b"GET /" + _HEAD + b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
]
_WORDS = [
    b"\r\n",
    b"\n",
    b"%00",
    b"%ff",
    b"..",
    b"//",
    b"?fps=nan",
    b"?width=1e999",
    b"&quality=\xd9\xa1",
    b"#",
    b" ",
]
_WORDS += [
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: br\r\n",
    b"Expect: 100-continue\r\n",
    b"Content-Length: -1\r\n",
]
_WORDS += [
    b"Transfer-Encoding: chunked\r\n",
    b"Host: evil\r\n",
    b"Origin: null\r\n",
    b"X-Forwarded-Host: \xff\r\n",
]
_WORDS += [
    b"Accept: ;;;q=x\r\n",
    b"Range: bytes=9-1\r\n",
    b"Cookie: \x80=\x01\r\n",
    b"[" * 500,
    b"\0",
    b"HTTP/9.9",
]
_WORDS += [b"If-Modified-Since: x\r\n", b"Authorization: Basic !!!\r\n", b"Sec-Fetch-Site: \xff\r\n"]
_STATUS = re.compile(rb"HTTP/[0-9]\.[0-9] ([0-9]{3}) ")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    hashed = hash_password("right", Cost(n=2))
    users = {"ada": {"password_hash": hashed}}
    tokens = {"program": {"token": _TOKEN, "role": "admin"}}
    with serving_in_thread(users=users, tokens=tokens) as (served, _loop):
        yield served.server.port


def ask(port: int, request: bytes) -> bytes:
    """Send bytes and read the first kilobytes of the answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while len(answer) < 4096 and (data := connection.recv(4096)):
                answer += data
        except ConnectionResetError:
            pass
        return answer


# aiohttp leaves a file of the page to the garbage collector if the connection ends while it opens it.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored while finalizing file:pytest.PytestUnraisableExceptionWarning"
)
@fuzz
@given(mutated(_EXAMPLES, _WORDS))
def test_any_request_is_answered_or_the_connection_closed(port: int, request_bytes: bytes) -> None:
    answer = ask(port, request_bytes)
    status = _STATUS.match(answer)
    assert not answer or status is not None, answer[:100]
    assert status is None or status[1] != b"500", answer
    assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=60).status_code == 200


@fuzz
@given(
    st.sampled_from(["fps", "width", "quality", "x"]),
    st.text(max_size=12) | st.sampled_from(["nan", "inf", "1e999", "-0", "0x10", "1_0", "٣", "16.5", "64"]),
)
def test_any_query(port: int, name: str, value: str) -> None:
    answer = requests.get(
        f"http://127.0.0.1:{port}/cameras/front/snapshot.jpg",
        params={name: value},
        headers={"Authorization": f"Bearer {_TOKEN}"},
        timeout=60,
    )
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["error"]["field"] == name
