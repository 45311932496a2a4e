"""The address of a camera. Its secrets are sent to the camera and never shown."""

from __future__ import annotations

from urllib.parse import quote

from mqttcam.settings import plain
from mqttcam.settings.sources.address import parse_address
from mqttcam.settings.sources.url import URL_SCHEMES, UrlSource


class Address:
    """Its text, in the log and elsewhere, is scheme, host and port: paths and queries contain secrets as often as
    `user:password@` does.
    """

    def __init__(self, source: UrlSource) -> None:
        parsed = self._parsed = parse_address(plain(source.url) or "", URL_SCHEMES)
        self.scheme = parsed.scheme
        self.username = source.username if source.username is not None else parsed.username or ""
        given = plain(source.password)
        self._password = given if given is not None else parsed.password or ""

    def __repr__(self) -> str:
        return f"{self.scheme}://{self._place('%')}"

    @property
    def bare(self) -> str:
        """The whole address without user and password, to be sent and never shown."""
        return f"{self.scheme}://{self._place('%25')}{self._parsed.target}"

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password, `None` if there are none; to be sent and never shown."""
        return (self.username, self._password) if self.username or self._password else None

    @property
    def whole(self) -> str:
        """The address with user and password, for FFmpeg; to be sent and never shown."""
        login = ""
        if self.credentials is not None:
            login = f"{quote(self.username, safe='')}:{quote(self._password, safe='')}@"
        # FFmpeg takes the zone of an IPv6 address as it is.
        return f"{self.scheme}://{login}{self._place('%')}{self._parsed.target}"

    @property
    def host(self) -> str:
        """The host name or IP address."""
        return self._parsed.host

    def _place(self, before_zone: str) -> str:
        """Return host and port, with `before_zone` between an IPv6 address and its interface."""
        parsed = self._parsed
        host = parsed.host + (before_zone + parsed.zone if parsed.zone else "")
        if ":" in parsed.host:
            host = f"[{host}]"
        return host + (f":{parsed.port}" if parsed.port else "")
