"""HTTP cameras as users have met them: each is a line of a table, sent by a server that corrects nothing."""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator

import pytest

from mqttcam.camera.source import SourceError
from tests.camera.sources.conftest import OpenUrl
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.camera.sources.reading import frame_of
from tests.support.pictures import jpeg

PICTURES = [jpeg(64, 48, seed=seed) for seed in range(3)]
OK = b"HTTP/1.1 200 OK\r\n"
MULTIPART = b"multipart/x-mixed-replace;boundary="
GOAHEAD = b"Server: GoAhead\r\nTue, 12 Jun 2012 01:56:34 GMT\r\n"


def stream(
    content_type: bytes | None = MULTIPART + b"b",
    separator: bytes = b"--b",
    *,
    status: bytes = OK,
    headers: bytes = b"",
    end: bytes = b"\r\n",
    after_separator: bytes | None = None,
    after: bytes | None = None,
    before_picture: bytes = b"",
    kind: bytes = b"Content-Type: image/jpeg",
    length: int | None = 0,
    cut: int = 0,
    tail: bytes = b"",
    first: bool = True,
    chunks: bool = False,
    pack: Callable[[bytes], bytes] = bytes,
) -> Callable[[bytes], Iterator[bytes]]:
    """Return a camera that sends a stream.

    Args:
        content_type: of the response; `None` for none.
        separator: what is sent between parts; `first` is whether it is also before the first one.
        end: of each line; `after_separator` instead of the one after the separator.
        after: what follows each part; by default `end`.
        before_picture: what is between the headers of a part and its picture.
        kind: the headers of each part.
        length: added to the true Content-Length of each part; `None` for none.
        cut: bytes that are missing at the end of each picture.
        tail: what follows the end marker of each picture.
        chunks: whether the response is chunked.
        pack: compresses the body.
    """

    def respond(_request: bytes) -> Iterator[bytes]:
        given = b"" if content_type is None else b"Content-Type: " + content_type + b"\r\n"
        yield status + headers + given + (b"Transfer-Encoding: chunked\r\n" if chunks else b"") + b"\r\n"
        body = b""
        for number in range(12):
            picture = PICTURES[number % 3]
            picture = picture[: len(picture) - cut] + tail
            part = b""
            if first or number:
                part = separator + (end if after_separator is None else after_separator)
            part += kind + (end if kind else b"")
            if length is not None:
                part += b"Content-Length: %d" % (len(picture) + length) + end
            body += part + (end if kind or separator else b"") + before_picture
            body += picture + (end if after is None else after)
        body = pack(body)
        for start in range(0, len(body), 1500):
            piece = body[start : start + 1500]
            yield b"%x;x=y\r\n%b\r\n" % (len(piece), piece) if chunks else piece
        yield b"0\r\n\r\n" if chunks else b""

    return respond


STREAMS = {
    "as it should be": stream(),
    "chunked": stream(chunks=True),
    "Foscam: boundary twice": stream(separator=b"--b\r\n--b"),
    "ESP32: no boundary before the first part": stream(first=False),
    "parts begin with the end of a multipart body": stream(separator=b"--b--"),
    "no line end after the boundary": stream(separator=b"--b", after_separator=b""),
    "dashes in the announced boundary": stream(MULTIPART + b"--b"),
    "Panasonic: space before the = of boundary": stream(b"multipart/x-mixed-replace; boundary =b"),
    "quoted boundary with a space": stream(MULTIPART + b'"a b"', b"--a b"),
    "charset before the boundary": stream(b'multipart/x-mixed-replace; charset="utf-8"; boundary="b"'),
    "LF only, no length": stream(end=b"\n", length=None),
    "LF only, with length": stream(end=b"\n"),
    "Mobotix: no length": stream(length=None),
    "D-Link: length far too large": stream(length=4096),
    "absurd length": stream(length=10**11),
    "length too large by the line end": stream(length=2),
    "length too small": stream(length=-16),
    "length 0": stream(kind=b"Content-Type: image/jpeg\r\nContent-Length: 0", length=None),
    "negative length": stream(kind=b"Content-Length: -1", length=None),
    "empty line before the picture, with length": stream(before_picture=b"\r\n"),
    "empty line before the picture, no length": stream(before_picture=b"\r\n", length=None),
    "no line end before the boundary, no length": stream(after=b"", length=None),
    "no line end before the boundary, with length": stream(after=b""),
    "no dashes in the body": stream(separator=b"b"),
    "another boundary than announced": stream(separator=b"--another"),
    "another boundary, no length, no end marker": stream(separator=b"--another", length=None, cut=2),
    "no boundary parameter": stream(b"multipart/x-mixed-replace", b"--whatever"),
    "multipart/mixed": stream(b"multipart/mixed; boundary=b"),
    "no end marker, with length": stream(cut=2),
    "no end marker, no length": stream(cut=2, length=None),
    "no end marker, wrong length": stream(cut=2, length=100),
    "junk after the end marker": stream(tail=bytes(range(1, 201)) * 3),
    "Dahua: eight bytes after the end marker": stream(tail=b"dhav\x59\x19\x01\x00"),
    "zeros after the end marker": stream(tail=bytes(5000)),
    "GoAhead: header without a name": stream(headers=GOAHEAD),
    "space before the colon of a header": stream(headers=b"X-Frame-Options : SAMEORIGIN\r\n"),
    "folded header": stream(headers=b"X-A: b\r\n c\r\n"),
    "ffmpeg -f mpjpeg: application/octet-stream": stream(b"application/octet-stream", b"--ffmpeg"),
    "no Content-Type": stream(None, b"--ffmpeg"),
    "text/plain": stream(b"text/plain", b"--ffmpeg"),
    "video/x-motion-jpeg without any text": stream(
        b"video/x-motion-jpeg", b"", kind=b"", length=None, end=b""
    ),
    "no status line": stream(status=b""),
    "no status line and no headers": lambda _: [b"--b\r\n\r\n" + PICTURES[0] + b"\r\n"] * 9,
    "nothing but pictures": lambda _: PICTURES * 3,
    "ICY 200 OK": stream(status=b"ICY 200 OK\r\n"),
    "no reason in the status line": stream(status=b"HTTP/1.0 200\r\n"),
    "LF after the status line": stream(status=b"HTTP/1.0 200 OK\n"),
    "Content-Length 0 of the stream": stream(headers=b"Content-Length: 0\r\n"),
    "a Content-Length of the stream": stream(headers=b"Content-Length: 99999999999\r\n"),
    "image/jpg and a length in lower case": stream(kind=b"content-type:image/jpg"),
    "headers of each part that are not valid": stream(kind=b"Date\r\nX: y\r\nContent-type:image/jpeg"),
    "gzip": stream(headers=b"Content-Encoding: gzip\r\n", pack=gzip.compress),
    "deflate, chunked": stream(headers=b"Content-Encoding: deflate\r\n", pack=zlib.compress, chunks=True),
}


@pytest.mark.parametrize("dialect", STREAMS)
@pytest.mark.parametrize("kind", ["auto", "mjpeg"])
def test_stream(opened: OpenUrl, dialect: str, kind: str) -> None:
    with raw_http_camera(STREAMS[dialect]) as url:
        camera = opened(url, timeout=3, kind=kind)
        for _ in range(2):
            jpeg = frame_of(camera).jpeg
            assert jpeg is not None
            # The line end before the boundary, also in front of an end marker that was lacking.
            for remainder in (b"\r\n", b"\r\n\xff\xd9"):
                if jpeg.endswith(remainder):
                    jpeg = jpeg.removesuffix(remainder).removesuffix(b"\xff\xd9") + b"\xff\xd9"
            assert jpeg in PICTURES
        camera.close()


def snapshot(
    picture: bytes = PICTURES[0],
    content_type: bytes | None = b"image/jpeg",
    *,
    headers: bytes = b"",
    length: int | None = 0,
) -> Callable[[bytes], Iterable[bytes]]:
    """Return a camera that sends one picture per request; `length` is added to its Content-Length."""
    lines = b"" if length is None else b"Content-Length: %d\r\n" % (len(picture) + length)
    lines += b"" if content_type is None else b"Content-Type: " + content_type + b"\r\n"
    return lambda _: [OK + headers + lines + b"\r\n", picture]


SNAPSHOTS = {
    "as it should be": snapshot(),
    "no length": snapshot(length=None),
    "GoAhead: header without a name": snapshot(headers=GOAHEAD),
    "Dahua: fewer bytes than announced": snapshot(length=48),
    "more bytes than announced": snapshot(length=-48),
    "end marker beyond the length": snapshot(length=-2),
    "no end marker": snapshot(PICTURES[0][:-2]),
    "no end marker, no length": snapshot(PICTURES[0][:-2], length=None),
    "junk after the end marker": snapshot(PICTURES[0] + bytes(range(1, 201)) * 3),
    "line end before the picture": snapshot(b"\r\n" + PICTURES[0]),
    "application/octet-stream": snapshot(content_type=b"application/octet-stream"),
    "application/octet-stream, no length": snapshot(content_type=b"application/octet-stream", length=None),
    "text/html": snapshot(content_type=b"text/html"),
    "no Content-Type": snapshot(content_type=None),
    "no headers": lambda _: [PICTURES[0]],
    "gzip": snapshot(gzip.compress(PICTURES[0]), headers=b"Content-Encoding: gzip\r\n"),
    "multipart with one picture": lambda _: [
        OK + b"Content-Type: " + MULTIPART + b"b\r\n\r\n--b\r\n\r\n" + PICTURES[0] + b"\r\n--b--\r\n"
    ],
}


@pytest.mark.parametrize("dialect", SNAPSHOTS)
@pytest.mark.parametrize("kind", ["auto", "snapshot", "mjpeg"])
def test_snapshot(opened: OpenUrl, dialect: str, kind: str) -> None:
    with raw_http_camera(SNAPSHOTS[dialect]) as url:
        camera = opened(url, timeout=3, kind=kind, interval=0.05)
        for _ in range(3):
            assert frame_of(camera).jpeg == PICTURES[0]
        camera.close()


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (snapshot(b"<html>" * 100, b"text/html"), "gives text/html, not pictures"),
        (snapshot(PICTURES[0][:500]), r"\(image/jpeg, 500 bytes\) is not a usable picture: the JPEG is cut off before"),
        (snapshot(headers=b"Content-Encoding: br\r\n"), "has the Content-Encoding 'br'"),
        (snapshot(headers=b"Content-Encoding: gzip\r\n"), "cannot be decompressed"),
        (lambda _: [OK + b"Content-Type: " + MULTIPART + b"b\r\n\r\n"], "multipart/x-mixed-replace, not pictures"),
        (lambda _: [b"220 FTP server ready\r\n"], "does not speak valid HTTP"),
    ],
)  # fmt: skip
def test_what_is_not_a_picture_is_named(
    opened: OpenUrl, response: Callable[[bytes], Iterable[bytes]], message: str
) -> None:
    with raw_http_camera(response) as url, pytest.raises(SourceError, match=message):
        opened(url, timeout=2)


class DigestCamera:
    """Checks Digest logins with a nonce for `uses` requests."""

    def __init__(
        self,
        *,
        realm: str = "camera",
        qop: str | None = "auth",
        algorithm: str | None = None,
        opaque: str | None = "abc",
        uses: int = 1,
        before: str = "",
    ) -> None:
        self.user, self.password = "admin", 'p:ss, "w\\ö'
        self._algorithm = algorithm
        escaped = realm.replace("\\", "\\\\").replace('"', '\\"')
        self._realm = realm
        self._challenge = f'{before}WWW-Authenticate: Digest realm="{escaped}"' + "".join(
            f", {name}={value}"
            for name, value in {"qop": qop and f'"{qop}"', "algorithm": algorithm, "opaque": opaque}.items()
            if value
        )
        self._opaque = opaque
        self._uses = uses
        self._nonce, self._left = "", 0

    def __call__(self, request: bytes) -> list[bytes]:
        """Return the picture, or a new challenge."""
        stale = ""
        if sent := re.search(r"\r\nAuthorization: Digest (.*)\r\n", request.decode()):
            fields = {
                name: re.sub(r"\\(.)", r"\1", quoted) or bare
                for name, quoted, bare in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))', sent[1])
            }
            if self._is_right(fields, request.split()[1].decode()):
                if fields["nonce"] == self._nonce and self._left:
                    self._left -= 1
                    return [OK + b"Content-Type: image/jpeg\r\n\r\n", PICTURES[0]]
                stale = ", stale=TRUE"
        self._nonce, self._left = secrets.token_hex(8), self._uses
        challenge = f'{self._challenge}, nonce="{self._nonce}"{stale}\r\n'
        return [b"HTTP/1.1 401 Unauthorized\r\n" + challenge.encode() + b"Content-Length: 0\r\n\r\n"]

    def _is_right(self, fields: dict[str, str], target: str) -> bool:
        algorithm = self._algorithm or "MD5"
        name = {"SHA-256": "sha256", "SHA-512-256": "sha512_256", "SHA": "sha1"}.get(
            algorithm.upper().removesuffix("-SESS"), "md5"
        )

        def digest(*texts: str) -> str:
            return hashlib.new(name, ":".join(texts).encode()).hexdigest()

        nonce, client_nonce = fields["nonce"], fields.get("cnonce", "")
        secret = digest(self.user, self._realm, self.password)
        if algorithm.upper().endswith("-SESS"):
            secret = digest(secret, nonce, client_nonce)
        protection = fields.get("qop", "")
        what = ["GET", fields["uri"]] + ([digest("")] if protection == "auth-int" else [])
        middle = [fields["nc"], client_nonce, protection] if protection else []
        return (
            fields["response"] == digest(secret, nonce, *middle, digest(*what))
            and fields["uri"] == target
            and fields["username"] == self.user
            and fields["realm"] == self._realm
            and fields.get("opaque") == self._opaque
        )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"qop": None},
        {"qop": "auth-int,auth"},
        {"qop": "auth-int"},
        {"algorithm": "MD5-sess"},
        {"algorithm": "md5"},
        {"algorithm": "SHA-256"},
        {"algorithm": "SHA-256-sess"},
        {"algorithm": "SHA-512-256"},
        {"algorithm": "MD5-sess", "qop": None},
        {"opaque": None},
        {"realm": ""},
        {"realm": 'a\\b, "c", qop="x"'},
        {"uses": 3},
        {"before": 'Date\r\nWWW-Authenticate: Digest algorithm="X", realm="camera", nonce="n"\r\n'},
        {"before": 'WWW-Authenticate: Basic realm="camera"\r\n'},
    ],
    ids=str,
)
def test_digest_login(opened: OpenUrl, options: dict[str, object]) -> None:
    camera = DigestCamera(**options)  # type: ignore[arg-type]
    with raw_http_camera(camera) as url:
        source = opened(
            url + '?a=b&c="d"', username=camera.user, password=camera.password, interval=0.02, timeout=3
        )
        for _ in range(3):
            assert frame_of(source).jpeg == PICTURES[0]
        source.close()


@pytest.mark.parametrize(
    "challenge",
    [
        b"WWW-Authenticate: Basic realm=cam\r\n",
        b"www-authenticate:basic\r\n",
        b'WWW-Authenticate: Digest realm="x", nonce="y"\r\nWWW-Authenticate: Basic realm="x"\r\n',
        b"",
    ],
    ids=["unquoted realm", "no realm", "Digest that never succeeds", "no challenge"],
)
@pytest.mark.filterwarnings("error")
def test_basic_login(opened: OpenUrl, challenge: bytes) -> None:
    def respond(request: bytes) -> Iterable[bytes]:
        if b"\r\nAuthorization: Basic YWRtaW46w7Y=\r\n" in request:
            return snapshot()(request)
        return [b"HTTP/1.1 401 Unauthorized\r\n" + challenge + b"Content-Length: 0\r\n\r\n"]

    with raw_http_camera(respond) as url:
        assert frame_of(opened(url, username="admin", password="ö", timeout=3)).jpeg == PICTURES[0]


def test_length_that_is_too_large_is_not_waited_for(opened: OpenUrl) -> None:
    done = threading.Event()

    def respond(request: bytes) -> Iterator[bytes]:
        yield from snapshot(length=48)(request)
        done.wait(20)

    with raw_http_camera(respond) as url:
        camera = opened(url, timeout=10, interval=0.05)
        for _ in range(2):
            assert frame_of(camera).jpeg == PICTURES[0]
        done.set()


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ([], "closes the connection without a response"),
        (
            [OK + b"Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\xff\xd8"],
            "closes the connection within a response",
        ),
    ],
    ids=["nothing", "half a chunk"],
)
def test_connection_that_is_closed_is_named(opened: OpenUrl, response: list[bytes], message: str) -> None:
    with raw_http_camera(lambda _: response) as url, pytest.raises(SourceError, match=message):
        opened(url, timeout=2)


def test_wrong_password_is_not_sent_for_ever(opened: OpenUrl) -> None:
    requests = []

    def respond(request: bytes) -> list[bytes]:
        requests.append(request)
        challenge = b'WWW-Authenticate: Digest realm="x", nonce="%d", stale=true\r\n' % len(requests)
        return [b"HTTP/1.1 401 Unauthorized\r\n" + challenge + b"Content-Length: 0\r\n\r\n"]

    with (
        raw_http_camera(respond) as url,
        pytest.raises(SourceError, match="rejects the user name or the password"),
    ):
        opened(url, username="admin", password="wrong", timeout=3)
    assert len(requests) <= 5


def test_cookie_that_a_camera_demands(opened: OpenUrl) -> None:
    def respond(request: bytes) -> Iterable[bytes]:
        if b"\r\nCookie: session=42\r\n" in request:
            return snapshot()(request)
        return [b"HTTP/1.1 302 Found\r\nSet-Cookie: session=42; HttpOnly\r\nLocation: /again\r\n\r\n"]

    with raw_http_camera(respond) as url:
        assert frame_of(opened(url, timeout=3)).jpeg == PICTURES[0]


def test_neither_password_nor_cookie_goes_to_another_host(opened: OpenUrl) -> None:
    seen = []

    def elsewhere(request: bytes) -> Iterable[bytes]:
        seen.append(request)
        return snapshot()(request)

    with raw_http_camera(elsewhere, "127.0.0.2") as other:
        target = other.encode()

        def respond(request: bytes) -> Iterable[bytes]:
            if b"\r\nAuthorization: " not in request:
                return [b'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n']
            return [b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: " + target + b"\r\n\r\n"]

        with raw_http_camera(respond) as url:
            frame_of(opened(url, username="admin", password="secret", timeout=3))
    assert seen
    assert not [request for request in seen if b"Authorization" in request or b"Cookie" in request]
