"""Sends HTTP requests to a camera, and says in words what went wrong."""

from __future__ import annotations

import contextlib
import http.cookiejar
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection, handlers
from mqttcam.camera.sources.url.http_login import NO_LOGIN, WRONG_LOGIN, Login
from mqttcam.settings.sources.url import UrlSource

_WANTS_LOGIN = 401
_STATUS = {
    _WANTS_LOGIN: NO_LOGIN,
    403: "refuses access (403)",
    404: "has no such path (404)",
    **dict.fromkeys((301, 302, 303, 307, 308), "redirects too often, or to something other than HTTP"),
}
_MAX_COOKIES = 50


class _Cookies(http.cookiejar.CookieJar):
    """The cookies of one camera, in memory; a camera that sets ever more of them loses them."""

    def extract_cookies(self, response: HTTPResponse, request: urllib.request.Request) -> None:
        """Keep the cookies of a response."""
        super().extract_cookies(response, request)
        if len(self) > _MAX_COOKIES:
            self.clear()


class HttpClient:
    """Sends requests to the address of a camera."""

    def __init__(self, address: Address, source: UrlSource, peer: PeerConnection) -> None:
        self.peer = peer
        self._address = address
        self._timeout = source.timeout
        self._login: Login | None = None
        installed: list[urllib.request.BaseHandler] = [
            # No files, no proxies, and no other protocol that a redirect could name.
            *handlers(peer, _tls_context(insecure=source.insecure)),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPCookieProcessor(_Cookies()),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.UnknownHandler(),
        ]
        if address.credentials is not None:
            self._login = Login(address.bare, *address.credentials)
            installed.append(self._login)
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
        if self._login is not None:
            self._login.begin()
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
        if error.code == _WANTS_LOGIN and self._login is not None:
            if not self._login.is_for(error.url):
                asked = urlsplit(error.url)
                place = f"{asked.scheme}://{asked.netloc.rpartition('@')[2]}"
                return (
                    f"redirects to {place}, which requires a password (401); the password is only sent to the "
                    "configured address: if both are the camera, configure the second one as the url"
                )
            if not self._login.is_supported(error.headers):
                return "offers neither Basic nor Digest authentication (401)"
            return WRONG_LOGIN
        return _STATUS.get(error.code, f"responds with status {error.code}")

    def _reason(self, error: object) -> str:
        if isinstance(error, TimeoutError):
            return f"does not answer within {self._timeout:g} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted ({error.verify_message}); `insecure: true` accepts any"
        if isinstance(error, ssl.SSLError) and error.reason:
            return f"does not speak valid TLS ({error.reason.replace('_', ' ').lower()})"
        if isinstance(error, RemoteDisconnected):
            return "closes the connection without a response"
        if isinstance(error, IncompleteRead):
            return "closes the connection within a response"
        if isinstance(error, OSError):
            return f"cannot be reached: {error.strerror or type(error).__name__}"
        return "does not speak valid HTTP"


def _tls_context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
