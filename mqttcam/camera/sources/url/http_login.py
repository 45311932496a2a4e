"""Basic and Digest authentication (RFC 7617, RFC 7616, RFC 2069), in the dialects of cameras."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import urllib.request
from collections.abc import Iterable, Iterator
from email.message import Message
from http.client import HTTPResponse
from types import MappingProxyType
from urllib.parse import urlsplit

NO_LOGIN = "requires a user name and password (401)"
WRONG_LOGIN = "rejects the user name or the password (401)"
OFFERS = "WWW-Authenticate"
_ANSWER = "Authorization"
_HASHES = MappingProxyType({"MD5": "md5", "SHA": "sha1", "SHA-256": "sha256", "SHA-512-256": "sha512_256"})
_MAX_ATTEMPTS = 4
"""Answers to one request: a nonce may be stale, and Basic may be wanted instead of Digest."""
_PARTS = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_PARAMETERS = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*))')
_SCHEME = re.compile(r"[\w-]+(\s+(?!=)|$)")


def challenges(headers: Iterable[str]) -> Iterator[str]:
    """Yield each challenge of WWW-Authenticate headers. Commas also separate parameters (RFC 9110, 11.6.1)."""
    for header in headers:
        parts: list[str] = []
        for part in filter(None, map(str.strip, _PARTS.findall(header))):
            if parts and _SCHEME.match(part):
                yield ", ".join(parts)
                parts = []
            parts.append(part)
        if parts:
            yield ", ".join(parts)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address: a password for one is sent to no other.

    Raises:
        ValueError: it is not an address.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Login(urllib.request.BaseHandler):
    """Answers 401 responses of one camera. Use `begin` before each request."""

    def __init__(self, url: str, username: str, password: str) -> None:
        """Send the password to the origin of `url` only."""
        self._origin = origin(url)
        self._username = username
        self._password = password
        self._attempts = 0
        self._tried: set[str] = set()

    def begin(self) -> None:
        """Start counting the answers to a new request."""
        self._attempts = 0

    def is_supported(self, headers: Message) -> bool:
        """Return whether a 401 response offers a way to log in that is known here, or none at all."""
        offered = list(challenges(headers.get_all(OFFERS, [])))
        return not offered or any(_is_digest(one) or _is_basic(one) for one in offered)

    def is_for(self, url: str) -> bool:
        """Return whether the password belongs to the host of `url`."""
        return origin(url) == self._origin

    def http_error_401(
        self,
        request: urllib.request.Request,
        response: HTTPResponse,
        _code: int,
        _text: str,
        headers: Message,
    ) -> HTTPResponse | None:
        """Send the request again with the password; `None` if that is pointless."""
        self._attempts += 1
        if self._attempts > _MAX_ATTEMPTS or not self.is_for(request.full_url):
            return None
        answer = self._answer(request, headers)
        if answer is None:
            return None
        response.close()
        request.add_unredirected_header(_ANSWER, answer.encode().decode("latin-1"))
        again: HTTPResponse = self.parent.open(request, timeout=request.timeout)
        return again

    def _answer(self, request: urllib.request.Request, headers: Message) -> str | None:
        """Return the answer to the best challenge that was not answered yet; Basic if there is no challenge at all."""
        if not request.has_header(_ANSWER):
            self._tried.clear()
        offered = list(challenges(headers.get_all(OFFERS, [])))
        for parameters in map(_parameters, filter(_is_digest, offered)):
            is_stale = parameters.get("stale", "").casefold() == "true"
            algorithm = parameters.get("algorithm", "").upper()
            if algorithm not in self._tried or is_stale:
                self._tried.add(algorithm)
                method = request.get_method()
                return _digest(parameters, self._username, self._password, method, request.selector)
        if "Basic" not in self._tried and (not offered or any(map(_is_basic, offered))):
            self._tried.add("Basic")
            return "Basic " + base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
        return None


def _parameters(challenge: str) -> dict[str, str]:
    return {
        name.casefold(): re.sub(r"\\(.)", r"\1", quoted) or bare
        for name, quoted, bare in _PARAMETERS.findall(challenge.partition(" ")[2])
    }


def _is_basic(challenge: str) -> bool:
    return challenge.split()[0].casefold() == "basic"


def _is_digest(challenge: str) -> bool:
    return challenge.split()[0].casefold() == "digest" and _hash_name(_parameters(challenge)) in _HASHES


def _hash_name(parameters: dict[str, str]) -> str:
    return (parameters.get("algorithm") or "MD5").upper().removesuffix("-SESS")


def _digest(parameters: dict[str, str], username: str, password: str, method: str, uri: str) -> str:
    """Return the answer to a challenge of Digest authentication (RFC 7616, 3.4)."""

    def digest(*texts: str) -> str:
        name = _HASHES[_hash_name(parameters)]
        return hashlib.new(name, ":".join(texts).encode(), usedforsecurity=False).hexdigest()

    realm, nonce, algorithm = (parameters.get(name, "") for name in ("realm", "nonce", "algorithm"))
    offered = [one.strip().casefold() for one in parameters.get("qop", "").split(",")]
    protection = next((one for one in ("auth", "auth-int") if one in offered), "")
    client_nonce, count = secrets.token_hex(8), "00000001"
    secret = digest(username, realm, password)
    if algorithm.upper().endswith("-SESS"):
        secret = digest(secret, nonce, client_nonce)
    target = digest(method, uri, digest("")) if protection == "auth-int" else digest(method, uri)
    middle = (count, client_nonce, protection) if protection else ()
    quoted = {
        "username": username,
        "realm": realm,
        "nonce": nonce,
        "uri": uri,
        "response": digest(secret, nonce, *middle, target),
    }
    if "opaque" in parameters:
        quoted["opaque"] = parameters["opaque"]
    if protection or algorithm.upper().endswith("-SESS"):
        quoted["cnonce"] = client_nonce
    bare = {"algorithm": algorithm} if algorithm else {}
    if protection:
        bare |= {"qop": protection, "nc": count}
    texts = [f"{name}={_quoted(value)}" for name, value in quoted.items()]
    return "Digest " + ", ".join(texts + [f"{name}={value}" for name, value in bare.items()])


def _quoted(value: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'
