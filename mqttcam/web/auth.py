"""Authentication: users, tokens, sessions and trusted networks. Knows neither cameras nor routes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import os
import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web
from msgspec import Struct

from mqttcam.settings.web import Role, WebSettings
from mqttcam.web.errors import ApiError
from mqttcam.web.login_queue import LoginQueue, QueueFull
from mqttcam.web.passwords import MAX_PASSWORD, hash_password, verify_password
from mqttcam.web.rate_limiter import LoginRateLimiter
from mqttcam.web.sessions import Session, Sessions

_MAX_VERIFIED = 64
_VERIFIED_SECONDS = 600.0
_CACHE_KEY = os.urandom(32)


class Identity(Struct, frozen=True):
    """The sender of a request.

    Attributes:
        name: of the user or token; None if no login was needed.
        proof: how the sender was authenticated; "none" if the settings ask for no login, "anonymous" if not for this,
            "address" if the address is signed.
    """

    name: str | None
    role: Role
    proof: Literal["none", "anonymous", "address", "network", "session", "password", "token"]


class Authenticator:
    """Finds out who sent a request.

    Args:
        verify: compares a password with its hash; slow, and therefore run in a thread.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: WebSettings,
        sessions: Sessions,
        *,
        verify: Callable[[str, str], bool] = verify_password,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._verify = verify
        self._clock = clock
        self._rate_limiter = LoginRateLimiter(clock)
        self._queue = LoginQueue(self._rate_limiter.failures)
        self._verified: dict[bytes, float] = {}
        self._dummy: str | None = None

    @property
    def enabled(self) -> bool:
        """Whether a login is needed: whether there is any user or token, or everyone may see live pictures alone."""
        return bool(self._settings.users or self._settings.tokens or self._settings.anonymous != "none")

    def client_address(self, request: web.Request) -> str:
        """Return the sender's address, as reported by the trusted proxies if it comes through them."""
        address = request.remote or ""
        hops = [
            hop.strip() for line in request.headers.getall("X-Forwarded-For", ()) for hop in line.split(",")
        ]
        while hops and self._within(address, self._settings.trusted_proxies):
            address = hops.pop()
        return address

    async def authenticate(self, request: web.Request, cookie: str) -> Identity | None:
        """Return the sender of a request; None if a login is needed first.

        Args:
            cookie: the name of the session cookie.

        Raises:
            ApiError: after too many failed logins.
        """
        if not self.enabled:
            return Identity(None, "admin", "none")
        if self._within(self.client_address(request), self._settings.trusted_networks):
            return Identity(None, "admin", "network")
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return self._by_token(rest.strip())
            case "basic":
                return await self._by_basic(rest.strip(), self.client_address(request))
            case _:
                return self.by_session(request.cookies.get(cookie, ""))

    async def login(self, name: str, password: str, client: str) -> Identity | None:
        """Return a user by name and password, or a token by an empty name and the token; None if they are wrong.

        Args:
            client: the sender's address, by which failed attempts are counted.

        Raises:
            ApiError: after too many failed logins.
        """
        if not name:
            return self._by_token(password)
        if len(password) > MAX_PASSWORD:
            return None
        user = self._settings.users.get(name)
        expected = user.password_hash.get_secret_value() if user else None
        if not await self._is_correct(name, password, expected, client):
            return None
        return Identity(name, user.role, "password") if user else None

    # sessions

    def open_session(self, identity: Identity) -> str:
        """Return the cookie of a new session for an identity proven by password or token."""
        name = identity.name or ""
        if identity.proof == "token":
            return self._sessions.issue("token", name, self._settings.tokens[name].token.get_secret_value())
        return self._sessions.issue("user", name, self._settings.users[name].password_hash.get_secret_value())

    async def close_session(self, cookie: str) -> None:
        """Invalidate a session on the server. Ignore invalid cookies."""
        await self._sessions.revoke(cookie)

    def by_session(self, cookie: str) -> Identity | None:
        """Return the identity of a session cookie; None if it is invalid, or if its credential has changed."""
        session = self._sessions.verify(cookie)
        if session is None:
            return None
        secret, role = self._credential(session)
        if secret is None or not self._sessions.matches(session, secret):
            return None
        return Identity(session.name, role, "session")

    def _credential(self, session: Session) -> tuple[str | None, Role]:
        """Return the present password hash or token of a session, and its role; None if it was removed."""
        if session.kind == "user" and (user := self._settings.users.get(session.name)):
            return user.password_hash.get_secret_value(), user.role
        if session.kind == "token" and (token := self._settings.tokens.get(session.name)):
            return token.token.get_secret_value(), token.role
        return None, "viewer"

    # passwords and tokens

    def _by_token(self, given: str) -> Identity | None:
        found: Identity | None = None
        for name, token in self._settings.tokens.items():
            if _equal(given, token.token.get_secret_value()):
                found = Identity(name, token.role, "token")
        return found

    async def _by_basic(self, encoded: str, client: str) -> Identity | None:
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return await self.login(name, password, client)

    async def _is_correct(self, name: str, password: str, expected: str | None, client: str) -> bool:
        """Return whether a password matches a hash.

        A correct one is cached for some minutes, because players send it with every request. `expected` is None for
        an unknown user; that takes as long as a wrong password, so that user names cannot be found out.
        """
        # A random key per process: the cache cannot be searched for passwords, nor compared across restarts.
        digest = hashlib.blake2b(f"{name}\0{password}\0{expected}".encode(), key=_CACHE_KEY).digest()
        if expected is not None and self._verified.get(digest, 0) > self._clock():
            return True
        self._check_delay(client)
        try:
            async with self._queue.turn(client):
                self._check_delay(client)
                self._rate_limiter.failed(client)
                correct = await asyncio.to_thread(
                    self._verify, password, expected or await self._dummy_hash()
                )
        except QueueFull:
            raise _too_many(1) from None
        if expected is None or not correct:
            return False
        self._rate_limiter.succeeded(client)
        if len(self._verified) >= _MAX_VERIFIED:
            self._verified.clear()
        self._verified[digest] = self._clock() + _VERIFIED_SECONDS
        return True

    def _check_delay(self, client: str) -> None:
        if delay := self._rate_limiter.delay(client):
            raise _too_many(delay)

    async def _dummy_hash(self) -> str:
        """Return a hash that no password matches."""
        if self._dummy is None:
            self._dummy = await asyncio.to_thread(hash_password, os.urandom(16).hex())
        return self._dummy

    @staticmethod
    def _within(address: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(ip in network for network in networks)


def _equal(given: str, expected: str) -> bool:
    # Header bytes that are not valid text arrive as surrogates.
    return hmac.compare_digest(given.encode(errors="surrogateescape"), expected.encode())


def _too_many(seconds: float) -> ApiError:
    delay = max(1, round(seconds + 0.5))
    message = f"too many failed logins: try again in {delay} s"
    return ApiError(429, "too_many_requests", message, headers={"Retry-After": str(delay)})
