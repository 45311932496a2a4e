"""Who is asking, and what they may do: users, tokens, sessions. Knows nothing of cameras or pages."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import os
import time
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from mqttcam.settings.web import Role, WebSettings
from mqttcam.web.errors import ApiError
from mqttcam.web.passwords import hash_password, verify_password
from mqttcam.web.rate_limiter import LoginRateLimiter
from mqttcam.web.revoked_sessions import SESSION_SECONDS, RevokedSessions

_REMEMBERED = 64
_REMEMBER_SECONDS = 600.0
_MAX_QUEUE = 8
_LONGEST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """Who makes a request. `proof` is what they showed; `none` where nothing is asked of them."""

    name: str | None
    role: Role
    proof: Literal["none", "network", "session", "password", "token"]


class Authenticator:
    """Checks what a request shows of its sender.

    `key` signs the sessions: those of another key are not valid.
    """

    def __init__(self, settings: WebSettings, key: bytes, ended: RevokedSessions | None = None) -> None:
        self._settings = settings
        self._key = key
        self._ended = ended or RevokedSessions()
        self._throttle = LoginRateLimiter()
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0
        self._known: dict[bytes, float] = {}
        self._nobody: str | None = None

    @property
    def open(self) -> bool:
        """Whether nobody is asked who they are."""
        return not self._settings.users and not self._settings.tokens

    def client(self, request: web.Request) -> str:
        """The address of who is asking, seen through the trusted proxies."""
        address = request.remote or ""
        hops = [
            hop.strip() for line in request.headers.getall("X-Forwarded-For", ()) for hop in line.split(",")
        ]
        while hops and self._within(address, self._settings.trusted_proxies):
            address = hops.pop()
        return address

    async def visitor(self, request: web.Request, cookie: str) -> Identity | None:
        """Who makes a request; `None` for who has to log in first.

        Raises:
            ApiError: after too many wrong guesses.
        """
        if self.open:
            return Identity(None, "admin", "none")
        if self._within(self.client(request), self._settings.trusted_networks):
            return Identity(None, "admin", "network")
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return self._by_token(rest.strip())
            case "basic":
                return await self._by_basic(rest.strip(), self.client(request))
            case _:
                return self._by_session(request.cookies.get(cookie, ""))

    async def login(self, name: str, password: str, client: str) -> Identity | None:
        """A user by name and password; without a name, a token.

        Raises:
            ApiError: after too many wrong guesses.
        """
        if not name:
            return self._by_token(password)
        if len(password) > _LONGEST_PASSWORD:
            return None
        user = self._settings.users.get(name)
        if not await self._check(
            name, password, user.password_hash.get_secret_value() if user else None, client
        ):
            return None
        return Identity(name, user.role, "password") if user else None

    # sessions

    def session(self, visitor: Identity) -> str:
        """A cookie's value for someone who has shown a password or token."""
        kind = "t" if visitor.proof == "token" else "u"
        name = _encode((visitor.name or "").encode())
        # Each is another one, so that the end of one is not that of another.
        head = f"{kind}.{name}.{int(time.time()) + SESSION_SECONDS}.{_encode(os.urandom(9))}"
        return f"{head}.{self._sign(head, self._secret(kind, visitor.name or '') or '')}"

    async def logout(self, cookie: str) -> None:
        """End a session, wherever its cookie is; what is none is let be."""
        if self._by_session(cookie) is not None:
            head, _, signature = cookie.rpartition(".")
            await self._ended.add(signature, int(head.split(".")[2]))

    def _by_session(self, cookie: str) -> Identity | None:
        try:
            head, _, signature = cookie.rpartition(".")
            kind, encoded, expiry, _ = head.split(".")
            name = _decode(encoded).decode()
            expires = int(expiry)
        except ValueError:
            return None
        secret = self._secret(kind, name)
        if expires < time.time() or secret is None or not _same(signature, self._sign(head, secret)):
            return None
        return (
            None if self._ended.has(signature, expires) else Identity(name, self._role(kind, name), "session")
        )

    def _secret(self, kind: str, name: str) -> str | None:
        """What a session hangs on besides the key: a changed password or token ends it."""
        if kind == "u" and (user := self._settings.users.get(name)):
            return user.password_hash.get_secret_value()
        if kind == "t" and (token := self._settings.tokens.get(name)):
            return token.token.get_secret_value()
        return None

    def _role(self, kind: str, name: str) -> Role:
        return self._settings.users[name].role if kind == "u" else self._settings.tokens[name].role

    def _sign(self, head: str, secret: str) -> str:
        return _encode(hmac.digest(self._key, f"{head}\0{secret}".encode(), "sha256"))

    # passwords and tokens

    def _by_token(self, given: str) -> Identity | None:
        found: Identity | None = None
        for name, token in self._settings.tokens.items():
            if _same(given, token.token.get_secret_value()):
                found = Identity(name, token.role, "token")
        return found

    async def _by_basic(self, encoded: str, client: str) -> Identity | None:
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return await self.login(name, password, client)

    async def _check(self, name: str, password: str, line: str | None, client: str) -> bool:
        """Whether a password fits. A right one is remembered a while: players show it with every request."""
        mark = hashlib.blake2b(f"{name}\0{password}\0{line}".encode(), key=self._key[:64]).digest()
        if line is not None and self._known.get(mark, 0) > time.monotonic():
            return True
        if self._waiting >= _MAX_QUEUE:
            raise _too_many(1)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                if wait := self._throttle.wait(client):
                    raise _too_many(wait)
                self._throttle.failed(client)
                fits = await asyncio.to_thread(verify_password, password, line or await self._decoy())
        finally:
            self._waiting -= 1
        if line is None or not fits:
            return False
        self._throttle.succeeded(client)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[mark] = time.monotonic() + _REMEMBER_SECONDS
        return True

    async def _decoy(self) -> str:
        """A hash for names that nobody has, so that they take as long as others."""
        if self._nobody is None:
            self._nobody = await asyncio.to_thread(hash_password, os.urandom(16).hex())
        return self._nobody

    @staticmethod
    def _within(address: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(ip in network for network in networks)


def _same(given: str, expected: str) -> bool:
    # A header may have any bytes; those that are no text come as surrogates.
    return hmac.compare_digest(given.encode(errors="surrogateescape"), expected.encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _too_many(seconds: float) -> ApiError:
    wait = max(1, round(seconds + 0.5))
    return ApiError(
        429, "too_many_requests", f"too many wrong guesses: wait {wait} s", headers={"Retry-After": str(wait)}
    )
