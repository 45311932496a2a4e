"""Addresses of cameras as people type them, read and quoted as browsers do (https://url.spec.whatwg.org)."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote

from msgspec import Struct

_SAFE_IN_PATH = "/%!$&'()*+,;=:@[]|\\~"
_SAFE_IN_QUERY = _SAFE_IN_PATH.replace("'", "") + "?{}^`"
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?")
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")
_AUTHORITY = re.compile(r"[^/?#]*")
_HASH_IN_QUERY = re.compile(r"\?.*#.*&")
"""A # between two keys of a query, which is part of a value: a fragment has no keys."""
_FRAGMENT = "has a #; what follows it would not be sent"


class InvalidAddress(ValueError):
    """The message says what is wrong, without any part of the address.

    Attributes:
        allowed: what to write instead.
    """

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class ParsedAddress(Struct, frozen=True):
    """An address in its parts. Do not show it: user, password, path and query may be secret.

    Attributes:
        scheme: in lower case.
        username, password: without quoting; `None` if not given.
        host: a name in ASCII (punycode), or an IP address without brackets.
        zone: the interface of a link-local IPv6 address, or empty.
        port: `None` for the scheme's default.
        target: path and query, quoted.
    """

    scheme: str
    username: str | None
    password: str | None
    host: str
    zone: str
    port: int | None
    target: str


def parse_address(text: str, schemes: tuple[str, ...]) -> ParsedAddress:
    """Return the parts of an address.

    A user name or password with `/`, `?` or `#` in it is understood where there is no other way to read the address.

    Raises:
        InvalidAddress: it is not the address of a camera, or can be read in several ways.
    """
    scheme, separator, rest = text.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in schemes or not rest.isprintable():
        starts = ", ".join(f"{one}://" for one in schemes)
        raise InvalidAddress("is not the URL of a camera", f"a URL that starts with {starts}")
    try:
        return _parse(scheme, rest)
    except InvalidAddress as error:
        if str(error) == _FRAGMENT:
            raise
        readings = list(_readings(scheme, rest))
        if len(readings) == 1:
            return readings[0]
        if readings:
            raise InvalidAddress(
                "can be read in several ways",
                "%40 for @, %2F for /, %3F for ? and %23 for # in the user name or password; or the keys username and "
                "password",
            ) from None
        raise


def _readings(scheme: str, rest: str) -> list[ParsedAddress]:
    """Return each way to read an address whose user name or password has characters that would have to be quoted."""
    found = []
    for at in (match.start() for match in re.finditer("@", rest)):
        login, place = rest[:at], rest[at + 1 :]
        authority = _AUTHORITY.match(place)
        if ":" in login and authority is not None and "@" not in authority[0]:
            try:
                found.append(_parse(scheme, place, login))
            except InvalidAddress:
                continue
    return found


def _parse(scheme: str, rest: str, login: str | None = None) -> ParsedAddress:
    match = _AUTHORITY.match(rest)
    assert match is not None
    authority, target = match[0], rest[match.end() :]
    if login is None and "@" in authority:
        login, _, authority = authority.rpartition("@")
    host, zone, port = _place(authority, may_be_empty=scheme == "udp")
    if "#" in target and not _HASH_IN_QUERY.search(target):
        raise InvalidAddress(
            _FRAGMENT, "%23 for a # that belongs to the address, the user name or the password"
        )
    path, mark, query = target.partition("?")
    target = quote(path, _SAFE_IN_PATH) + mark + quote(query, _SAFE_IN_QUERY)
    if login is None:
        return ParsedAddress(scheme, None, None, host, zone, port, target)
    username, _, password = login.partition(":")
    return ParsedAddress(scheme, unquote(username), unquote(password), host, zone, port, target)


def _place(authority: str, *, may_be_empty: bool) -> tuple[str, str, int | None]:
    """Return host, zone and port."""
    if authority.startswith("["):
        inside, bracket, port = authority[1:].partition("]")
        address, _, zone = inside.replace("%25", "%", 1).partition("%")
        if not bracket or (port and not port.startswith(":")) or not _is_ipv6(address):
            raise InvalidAddress("is not the URL of a camera: its IPv6 address is not valid", "[2001:db8::1]")
        if "%" in inside and not _ZONE.fullmatch(zone):
            raise InvalidAddress("is not the URL of a camera: its interface is not valid", "[fe80::1%eth0]")
        return address, zone, _port(port[1:])
    host, _, port = authority.partition(":")
    if _is_ipv6(authority):
        raise InvalidAddress(
            "is not the URL of a camera: its IPv6 address has no brackets", "[2001:db8::1]:554"
        )
    if not host and may_be_empty:
        return "", "", _port(port)
    try:
        name = unquote(host, errors="strict").encode("idna").decode().lower()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise InvalidAddress(
            "is not the URL of a camera: its host is not valid", "a host name or an IP address"
        )
    return name, "", _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536 and len(text) < 6):
        raise InvalidAddress("is not the URL of a camera: its port is not valid", "a number from 1 to 65535")
    return int(text)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
