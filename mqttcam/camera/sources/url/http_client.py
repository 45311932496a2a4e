"""Cameras with HTTP: an MJPEG stream, or one picture per request."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from http.client import HTTPException, HTTPResponse
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection, handlers
from mqttcam.camera.sources.url.multipart import MAX_PICTURE, boundary_of, pictures
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.imaging.raster import jpeg_size
from mqttcam.settings.sources.url import UrlSource

log = logging.getLogger(__name__)

_OFFERS = "WWW-Authenticate"
_WANTS_LOGIN = 401
_STATUS = {
    _WANTS_LOGIN: "requires a user name and password, or others than these (401)",
    403: "refuses (403)",
    404: "has no such path (404)",
    **dict.fromkeys((301, 302, 303, 307, 308), "redirects in a circle, or to another protocol than HTTP"),
}
_JPEG_TYPES = ("image/jpeg", "image/jpg")
_FAILURES_IN_A_ROW = 5
"""Failed snapshots in a row after which the camera counts as unavailable; the first has to succeed."""
_BROKEN_IN_A_ROW = 10
"""Broken pictures in a row after which the stream counts as broken."""


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Digest authentication with passwords beyond ASCII, and with SHA-256 (RFC 7616)."""

    HASHES = MappingProxyType({"MD5": "md5", "SHA": "sha1", "SHA-256": "sha256"})

    def get_algorithm_impls(self, algorithm: str) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
        name = self.HASHES.get(algorithm.upper())
        if name is None:
            raise ValueError("an unknown algorithm of digest authentication")

        def digest(text: str) -> str:
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        return digest, lambda secret, text: digest(f"{secret}:{text}")


class _Choose(urllib.request.BaseHandler):
    """Leaves only the best supported authentication challenge to the handlers after it.

    They only look at the first one. They also send the request again without closing this response.
    """

    handler_order = 100

    def http_error_401(
        self, _request: object, answer: HTTPResponse, _code: int, _message: str, headers: Message
    ) -> None:
        answer.close()
        known = sorted(filter(_rank, challenges(headers.get_all(_OFFERS, []))), key=_rank)
        del headers[_OFFERS]
        if known:
            headers[_OFFERS] = known[-1]


def challenges(headers: Iterable[str]) -> Iterator[str]:
    """Yield each challenge of WWW-Authenticate headers. Commas also separate parameters (RFC 9110, 11.6.1)."""
    for header in headers:
        parts: list[str] = []
        for part in urllib.request.parse_http_list(header):
            if parts and re.match(r"[\w-]+(\s+(?!=)|$)", part):
                yield ", ".join(parts)
                parts = []
            parts.append(part)
        yield ", ".join(parts)


def _rank(challenge: str) -> int:
    """Return how good a challenge is; 0 if it is not supported."""
    scheme, _, rest = challenge.partition(" ")
    if scheme.casefold() == "digest":
        given = re.search(r'(?:^|[\s,])algorithm="?([\w-]+)', rest, re.IGNORECASE)
        return 2 if given is None or given[1].upper() in _Digest.HASHES else 0
    return int(scheme.casefold() == "basic")


class HttpClient:
    """Sends requests to the address of a camera."""

    def __init__(self, address: Address, source: UrlSource, peer: PeerConnection) -> None:
        self.max_pixels = source.max_pixels
        self.peer = peer
        self._address = address
        self._timeout = source.timeout
        self._passwords: urllib.request.HTTPPasswordMgr | None = None
        context = ssl.create_default_context()
        if source.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        installed: list[urllib.request.BaseHandler] = [
            # No files, no proxies, and no other protocol that a redirect could name.
            *handlers(peer, context),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.UnknownHandler(),
        ]
        if address.credentials is not None:
            passwords = self._passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            # For all paths of this camera, wherever it redirects to, and for no other host.
            passwords.add_password(None, urljoin(address.bare, "/"), *address.credentials)
            installed += [_Choose(), _Digest(passwords), urllib.request.HTTPBasicAuthHandler(passwords)]
        self._opener = urllib.request.OpenerDirector()
        for handler in installed:
            self._opener.add_handler(handler)

    @contextlib.contextmanager
    def open(self) -> Iterator[HTTPResponse]:
        """Send a request, and give the response. Failures while it is read are raised here, too.

        Raises:
            SourceError: the request failed; the message has nothing of the address that could be a secret.
        """
        request = urllib.request.Request(
            self._address.bare, headers={"User-Agent": "mqttcam", "Accept": "*/*"}
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                yield response
        except urllib.error.HTTPError as error:
            error.close()
            raise SourceError(f"{self._address} {self._refusal(error)}") from None
        except urllib.error.URLError as error:
            raise SourceError(f"{self._address} {self._reason(error.reason)}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(f"{self._address} {self._reason(error)}") from None

    def _refusal(self, error: urllib.error.HTTPError) -> str:
        if error.code == _WANTS_LOGIN and self._passwords is not None:
            if self._passwords.find_user_password("", error.url)[0] is None:
                asked = urlsplit(error.url)
                place = f"{asked.scheme}://{asked.netloc.rpartition('@')[2]}"
                return (
                    f"redirects to {place}, which requires a password (401); it is only sent to the configured "
                    "address: if that is the camera, configure it as the url"
                )
            if not error.headers.get(_OFFERS):
                return "offers neither Basic nor Digest authentication (401)"
        return _STATUS.get(error.code, f"responds with status {error.code}")

    def _reason(self, error: object) -> str:
        if isinstance(error, TimeoutError):
            return f"does not answer within {self._timeout:g} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted ({error.verify_message}); `insecure: true` accepts any"
        if isinstance(error, ssl.SSLError) and error.reason:
            return f"does not speak valid TLS ({error.reason.replace('_', ' ').lower()})"
        if isinstance(error, OSError):
            return f"cannot be reached: {error.strerror or type(error).__name__}"
        return "does not speak valid HTTP"


class HttpFrames:
    """The frames of a camera with HTTP.

    Attributes:
        kind: `mjpeg` or `snapshot`; with `auto`, known once the first frame has come.
    """

    def __init__(self, address: Address, source: UrlSource) -> None:
        self.kind: str = source.kind
        self._address = address
        self._source = source
        self._has_given = False
        self._logged: set[str] = set()

    def __call__(self, peer: PeerConnection) -> Frames:
        """Yield the pictures of a stream, or one picture per interval, unchanged.

        Raises:
            SourceError: the camera cannot be reached, or gives no pictures.
        """
        client = HttpClient(self._address, self._source, peer)
        due = time.monotonic()
        failures = 0
        while not peer.stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._source.interval, time.monotonic())
            try:
                with client.open() as response:
                    if self._is_stream(response):
                        yield from _stream(client, response)
                        return
                    frame = _snapshot(client, response)
            except SourceError as error:
                failures += 1
                if failures >= _FAILURES_IN_A_ROW or not self._has_given:
                    raise
                self._log_failure(error)
                frame = None
                due = min(
                    due, time.monotonic() + self._source.timeout
                )  # after a long interval, not another one
            else:
                self._has_given, failures = True, 0
            yield frame

    def _is_stream(self, response: HTTPResponse) -> bool:
        """Return whether a response is a stream, and note it.

        Raises:
            SourceError: it is neither a stream nor a picture.
        """
        if self.kind == "auto":
            content_type = response.headers.get_content_type()
            if response.headers.get_content_maintype() == "multipart":
                self.kind = "mjpeg"
            elif content_type in _JPEG_TYPES or response.peek(2)[:2] == b"\xff\xd8":
                self.kind = "snapshot"
            else:
                raise SourceError(f"the address gives {content_type}, not JPEGs")
        return self.kind == "mjpeg"

    def _log_failure(self, error: SourceError) -> None:
        words = str(error)
        log.log(logging.DEBUG if words in self._logged else logging.WARNING, "%s; trying again", words)
        self._logged.add(words)


def _stream(client: HttpClient, response: HTTPResponse) -> Frames:
    if response.headers.get_content_maintype() != "multipart":
        raise SourceError(f"the address gives {response.headers.get_content_type()}, not an MJPEG stream")
    broken = 0
    for jpeg in pictures(response, boundary_of(response.headers.get("Content-Type", ""))):
        frame = _frame(jpeg, client.max_pixels)
        broken = 0 if frame is not None else broken + 1
        if broken > _BROKEN_IN_A_ROW:
            raise SourceError("the parts of the stream are not JPEGs")
        yield frame


def _snapshot(client: HttpClient, response: HTTPResponse) -> Frame:
    if response.headers.get_content_maintype() == "multipart":
        boundary = boundary_of(response.headers.get("Content-Type", ""))
        jpeg = next(pictures(response, boundary), b"")
    else:
        jpeg = response.read(MAX_PICTURE)
    frame = _frame(jpeg, client.max_pixels)
    if frame is None:
        content_type = response.headers.get_content_type()
        raise SourceError(f"the answer ({content_type}, {len(jpeg)} bytes) is not a complete JPEG")
    return frame


def _frame(jpeg: bytes, max_pixels: int) -> Frame | None:
    try:
        width, height = jpeg_size(jpeg, max_pixels)
    except ValueError:
        return None
    return Frame(time.time_ns(), width, height, jpeg=jpeg)
