"""Session cookies: signed by itsdangerous, valid until they expire, are revoked, or the credential changes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from itsdangerous import BadData, Signer, URLSafeSerializer
from msgspec import Struct
from msgspec.structs import asdict

from mqttcam.files import read_regular, write_atomically
from mqttcam.web.revoked_sessions import SESSION_SECONDS, RevokedSessions

log = logging.getLogger(__name__)

_KEY_BYTES = 32
_KEY_FILE = "web.key"
SIGNER: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
# Change this name together with the fields of `Session`: cookies of the old format are then invalid.
_SALT = "mqttcam.web.session.1"

CredentialKind = Literal["user", "token"]


class Session(Struct, frozen=True):
    """The signed content of a session cookie.

    Attributes:
        id: random, so that one session can be revoked without another.
        kind: whether `name` is a user or a token of the settings.
        expires: Unix seconds.
        credential: a keyed hash of the password hash or token, so that a change of it ends the session.
    """

    id: str
    kind: CredentialKind
    name: str
    expires: int
    credential: str


class Sessions:
    """Issues and verifies session cookies.

    Args:
        key: the secret that signs them; cookies signed with another key are invalid.
        clock: Unix seconds.
    """

    def __init__(
        self, key: bytes, revoked: RevokedSessions | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._serializer = URLSafeSerializer(key, salt=_SALT, signer_kwargs=SIGNER)
        self._credential_signer = Signer(key, salt=f"{_SALT}.credential", **SIGNER)
        self._revoked = RevokedSessions(clock=clock) if revoked is None else revoked
        self._clock = clock

    def issue(self, kind: CredentialKind, name: str, secret: str) -> str:
        """Return the cookie of a new session that was opened with `secret`, a password hash or token."""
        expires = int(self._clock()) + SESSION_SECONDS
        session = Session(os.urandom(9).hex(), kind, name, expires, self._hash(secret))
        return str(self._serializer.dumps(asdict(session)))

    def verify(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None if it is forged, expired or revoked."""
        try:
            session = Session(**self._serializer.loads(cookie))
        except (BadData, UnicodeError):
            return None
        # Not by the time of issue: a Pi without a battery-backed clock may start up earlier than that.
        if session.expires < self._clock() or self._revoked.contains(session.id, session.expires):
            return None
        return session

    def matches(self, session: Session, secret: str) -> bool:
        """Return whether a session was opened with this password hash or token."""
        return hmac.compare_digest(session.credential, self._hash(secret))

    async def revoke(self, cookie: str) -> None:
        """Invalidate a session in every browser that has its cookie. Ignore invalid cookies."""
        if (session := self.verify(cookie)) is not None:
            await self._revoked.add(session.id, session.expires)

    def _hash(self, secret: str) -> str:
        return self._credential_signer.get_signature(secret).decode()


def load_session_key(state_dir: Path | None) -> bytes:
    """Return the signing key from the state directory; create it, readable by its owner only, at the first start.

    Without a state directory, or if it cannot be written, the key and with it all sessions last until the restart.
    """
    new = os.urandom(_KEY_BYTES)
    if state_dir is None:
        return new
    path = state_dir / _KEY_FILE
    try:
        if path.exists():
            return _existing_key(path, new)
        write_atomically(path, new)
    except OSError as error:
        _warn_not_kept(path, error)
    return new


def _existing_key(path: Path, new: bytes) -> bytes:
    try:
        existing = read_regular(path)
        if len(existing) == _KEY_BYTES:
            return existing
        write_atomically(path, new)
    except OSError as error:
        _warn_not_kept(path, error)
    return new


def _warn_not_kept(path: Path, error: OSError) -> None:
    log.warning(
        "web: cannot use %s: %s; all users have to log in again after a restart", path, error.strerror
    )
