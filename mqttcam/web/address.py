"""The page's address for people. Loads nothing heavy: discovery wants it where no server runs."""

from __future__ import annotations

import socket

from mqttcam.settings import WebSettings
from mqttcam.settings.web import is_loopback

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})
_ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737)."""


def page_url(settings: WebSettings, port: int) -> str:
    """Where the page is, on the port that is listened on."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + "/"
    host = _lan_address() if settings.host in _EVERY_ADDRESS else settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls else 'http'}://{shown}:{port}{settings.path_prefix}/"


def linked_page(settings: WebSettings) -> str | None:
    """Where others find the page, for a link; `None` where only this machine reaches it."""
    reachable = settings.public_url or (settings.port and not is_loopback(settings.host))
    return page_url(settings, settings.port) if settings.enabled and reachable else None


def _lan_address() -> str:
    """This machine's address in its network; asks the routing table, sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
