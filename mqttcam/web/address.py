"""The page's URL, and the networks of clients.

Imports no HTTP library: discovery links to the page also where no server runs.
"""

from __future__ import annotations

import ipaddress
import socket

from mqttcam.settings import WebSettings
from mqttcam.settings.web import is_loopback

_ALL_INTERFACES = frozenset({"0.0.0.0", "::"})
_UNUSED_ADDRESS = ("192.0.2.1", 9)
"""Reserved for documentation (RFC 5737)."""


def page_url(settings: WebSettings, port: int) -> str:
    """Return the URL of the page on this port."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + "/"
    host = settings.host
    if host in _ALL_INTERFACES:
        host = lan_address() or socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls else 'http'}://{shown}:{port}{settings.path_prefix}/"


def linked_page(settings: WebSettings) -> str | None:
    """Return the URL of the page for a link on another machine; None if only this machine can reach it."""
    reachable = settings.public_url or (settings.port and not is_loopback(settings.host))
    return page_url(settings, settings.port) if settings.enabled and reachable else None


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, and the /64 of an IPv6 address: one machine has that many addresses."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address


def lan_address() -> str | None:
    """Return this machine's address in its network, by its routing table (nothing is sent); None without a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        try:
            unsent.connect(_UNUSED_ADDRESS)
            return str(unsent.getsockname()[0])
        except OSError:
            return None
