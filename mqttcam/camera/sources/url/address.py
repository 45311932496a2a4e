"""The address of a camera. Its secrets are sent to the camera and never shown."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit, urlunsplit

from mqttcam.settings import plain
from mqttcam.settings.sources.url import UrlSource


class Address:
    """A parsed address. Its text, in the log and elsewhere, is scheme, host and port: paths and queries contain secrets
    as often as `user:password@` does.
    """

    def __init__(self, source: UrlSource) -> None:
        parts = urlsplit(plain(source.url) or "")
        self._parts = parts
        self.scheme = parts.scheme
        self.username = source.username if source.username is not None else unquote(parts.username or "")
        given = plain(source.password)
        self._password = given if given is not None else unquote(parts.password or "")
        host = parts.hostname or ""
        self._host = (f"[{host}]" if ":" in host else host) + (f":{parts.port}" if parts.port else "")

    def __repr__(self) -> str:
        return f"{self.scheme}://{self._host}"

    @property
    def bare(self) -> str:
        """The whole address without user and password, to be sent and never shown."""
        return urlunsplit((self.scheme, self._host, self._parts.path, self._parts.query, ""))

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, `None` if there are none; to be sent and never shown."""
        return (self.username, self._password) if self.username or self._password else None

    @property
    def whole(self) -> str:
        """The address with user and password, for FFmpeg; to be sent and never shown."""
        if self.credentials is None:
            return self.bare
        user = f"{quote(self.username, safe='')}:{quote(self._password, safe='')}@"
        return urlunsplit((self.scheme, user + self._host, self._parts.path, self._parts.query, ""))
