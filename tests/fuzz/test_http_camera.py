"""The answers of HTTP cameras: status line, headers, challenges, and the pictures of an MJPEG stream."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.http_frames import HttpFrames
from mqttcam.camera.sources.url.http_login import challenges
from mqttcam.camera.sources.url.jpeg_stream import boundary_of, pictures
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.support.pictures import jpeg

_PICTURES = [jpeg(32, 24, seed=number) for number in range(8)]
_PICTURE = _PICTURES[0]
_OK = b"HTTP/1.1 200 OK\r\n"
_PART = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(_PICTURE) + _PICTURE + b"\r\n"
_STREAM = _OK + b"Content-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n" + 3 * _PART
_UNSIZED = (
    _OK + b'Content-Type: multipart/x-mixed-replace; boundary="--b"\n\n' + 2 * (b"--b\n\n" + _PICTURE + b"\n")
)
_SNAPSHOT = _OK + b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(_PICTURE) + _PICTURE
_CHUNKED = (
    _OK + b"Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(_PICTURE) + _PICTURE
)
_DIGEST = b'Digest realm="a, b", nonce="n", qop="auth,auth-int", algorithm=MD5, Basic realm="x"'
_LOGIN = b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + _DIGEST + b"\r\nContent-Length: 0\r\n\r\n"
_MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/y\r\n\r\n"
_EXAMPLES = [
    _STREAM,
    _UNSIZED,
    _SNAPSHOT,
    _CHUNKED + b"\r\n0\r\n\r\n",
    _LOGIN,
    _MOVED,
    b"ICY 200 OK\r\n" + _PART,
]
_WORDS = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b": ",
    b"--b",
    b"--b--",
    b"boundary=",
    b"Content-Length: 99999999999999999999",
]
_WORDS += [
    b"Content-Length: -1",
    b"Content-Length: 0",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"Transfer-Encoding: chunked",
]
_WORDS += [
    b"Content-Encoding: gzip",
    b"ffffffffffffffff\r\n",
    b"Location: file:///etc/passwd",
    b"Location: //",
    b"\0",
]
ANSWERS = mutated(_EXAMPLES, _WORDS)


@pytest.fixture(scope="module")
def answering() -> Iterator[tuple[str, list[bytes]]]:
    """A camera that answers with the first item of a list."""
    answer = [b""]
    with raw_http_camera(lambda _request: [answer[0]]) as url:
        yield url, answer


@fuzz
@given(ANSWERS, st.sampled_from(["auto", "mjpeg", "snapshot"]), st.booleans())
def test_any_answer_gives_frames_or_a_source_error(
    answering: tuple[str, list[bytes]], data: bytes, kind: str, login: bool
) -> None:
    url, answer = answering
    answer[0] = data
    user = {"username": "viewer", "password": "secret"} if login else {}
    source = UrlSource.model_validate(
        {"type": "url", "url": url, "kind": kind, "timeout": 0.5, "interval": 0.1, **user}
    )
    peer = PeerConnection()
    frames = HttpFrames(Address(source), source, StreamVideo(lambda: math.inf))(peer)
    try:
        with bounded(mebibytes=96):
            for frame in itertools.islice(frames, 2):
                assert frame is None or frame.jpeg
    except SourceError as error:
        assert "secret" not in str(error)
    finally:
        frames.close()
        peer.closed()


class Pieces:
    """A stream that gives a number of bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def read1(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._size))


_BODIES = [answer.partition(b"\r\n\r\n")[2] for answer in (_STREAM, _UNSIZED, _SNAPSHOT)]


@fuzz
@given(
    mutated(_BODIES, [*_WORDS, _PICTURE, b"\xff\xd8\xff", b"\xff\xd9"]),
    st.integers(1, 5000),
    st.none() | st.integers(0, 3000),
)
def test_any_body_gives_pictures_or_a_source_error(data: bytes, size: int, length: int | None) -> None:
    with bounded():
        try:
            found = list(pictures(Pieces(data, size), b"b", length))
        except SourceError:
            return
    assert sum(map(len, found)) <= len(data)
    assert all(one in data for one in found)


@fuzz
@given(st.lists(st.integers(0, 7), max_size=5), st.integers(1, 5000), st.booleans())
def test_pictures_come_back(numbers: list[int], size: int, sized: bool) -> None:
    sent = [_PICTURES[number] for number in numbers]
    head = b"--b\r\nContent-Type: image/jpeg\r\n"
    lengths = [b"Content-Length: %d\r\n" % len(one) if sized else b"" for one in sent]
    data = b"".join(
        head + length + b"\r\n" + one + b"\r\n" for length, one in zip(lengths, sent, strict=True)
    )
    assert list(pictures(Pieces(data, size), b"b")) == sent


@fuzz
@given(st.text(max_size=200) | mutated([_DIGEST]).map(lambda data: data.decode("latin-1")))
def test_any_header_has_a_boundary_and_challenges(text: str) -> None:
    with bounded():
        assert isinstance(boundary_of(text.replace("\n", " ").replace("\r", " ")), bytes)
        assert all(isinstance(one, str) for one in challenges([text]))
