"""Addresses of cameras as people type them."""

from __future__ import annotations

import pytest

from mqttcam.settings.sources.address import InvalidAddress, parse_address

SCHEMES = ("rtsp", "http", "udp")


def parts(text: str) -> tuple[str | None, str | None, str, int | None, str]:
    """User, password, host, port and target."""
    parsed = parse_address(text, SCHEMES)
    return parsed.username, parsed.password, parsed.host, parsed.port, parsed.target


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("admin:p%40ss", "p@ss"),
        ("admin:p@ss", "p@ss"),
        ("admin:pa#ss", "pa#ss"),
        ("admin:pa/ss", "pa/ss"),
        ("admin:pa?ss", "pa?ss"),
        ("admin:a/b@c#d?e", "a/b@c#d?e"),
        ("admin:pa:ss", "pa:ss"),
        ("admin:pass%", "pass%"),
        ("admin:100%25", "100%"),
        ("admin:a^b!{c}", "a^b!{c}"),
        ("admin:p ss", "p ss"),
        ("admin:pässwörd", "pässwörd"),
        ("admin:", ""),
        ("admin", ""),
        ("admin:[x]", "[x]"),
    ],
)
def test_password_is_read_as_typed(login: str, password: str) -> None:
    assert parts(f"rtsp://{login}@cam/live") == ("admin", password, "cam", None, "/live")
    assert parts(f"rtsp://{login}@cam:554/a?b") == ("admin", password, "cam", 554, "/a?b")


@pytest.mark.parametrize(
    ("place", "host"),
    [
        ("CAM", "cam"),
        ("front_cam.lan", "front_cam.lan"),
        ("küche.example", "xn--kche-0ra.example"),
        ("k%C3%BCche.example", "xn--kche-0ra.example"),
        ("カメラ.example", "xn--lckxfya.example"),
        ("192.168.1.20", "192.168.1.20"),
        ("[fe80::1]", "fe80::1"),
    ],
)
def test_host(place: str, host: str) -> None:
    assert parts(f"http://{place}/") == (None, None, host, None, "/")
    assert parts(f"http://a:b@{place}:8080") == ("a", "b", host, 8080, "")


@pytest.mark.parametrize("zone", ["%25eth0", "%eth0"])
def test_link_local_address_has_an_interface(zone: str) -> None:
    parsed = parse_address(f"rtsp://[fe80::1{zone}]:554/x", SCHEMES)
    assert (parsed.host, parsed.zone, parsed.port) == ("fe80::1", "eth0", 554)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("/bild/küche.jpg", "/bild/k%C3%BCche.jpg"),
        ("/snap.cgi?usr=admin&pwd=a b", "/snap.cgi?usr=admin&pwd=a%20b"),
        ("/snap.cgi?pwd=a%26b+c%", "/snap.cgi?pwd=a%26b+c%"),
        ("/{id}?x={id}", "/%7Bid%7D?x={id}"),
        ('/x;jsessionid=1?a=[1]&b="q"', "/x;jsessionid=1?a=[1]&b=%22q%22"),
        ("/user=admin_password=x_channel=1_stream=0.sdp?real_stream", None),
        ("//double//slash", None),
        ("/api.cgi?password=pa#ss&w=1", "/api.cgi?password=pa%23ss&w=1"),
        ("?action=stream", None),
        ("", None),
    ],
)
def test_path_and_query_are_quoted_as_browsers_do(typed: str, sent: str | None) -> None:
    assert parts(f"http://cam{typed}")[-1] == (typed if sent is None else sent)


@pytest.mark.parametrize(
    ("text", "message", "allowed"),
    [
        ("cam/x", "is not the URL", "rtsp://, http://, udp://"),
        ("rtmpx://cam/x", "is not the URL", "rtsp://, http://, udp://"),
        ("ffmpeg:rtsp://cam/x", "is not the URL", "rtsp://, http://, udp://"),
        ("http://cam/a\nb", "is not the URL", "rtsp://"),
        ("http://", "its host is not valid", "a host name"),
        ("http://a b/", "its host is not valid", "a host name"),
        ("http://a..b/", "its host is not valid", "a host name"),
        ("http://-/", "its host is not valid", "a host name"),
        ("http://cam:port/", "its port is not valid", "1 to 65535"),
        ("http://cam:0/", "its port is not valid", "1 to 65535"),
        ("http://cam:99999999/", "its port is not valid", "1 to 65535"),
        ("http://cam:²/", "its port is not valid", "1 to 65535"),
        ("rtsp://fe80::1/x", "has no brackets", "[2001:db8::1]"),
        ("rtsp://[fe80::1/x", "its IPv6 address is not valid", "[2001:db8::1]"),
        ("rtsp://[fe80::g]/x", "its IPv6 address is not valid", "[2001:db8::1]"),
        ("rtsp://[fe80::1%]/x", "its interface is not valid", "[fe80::1%eth0]"),
        ("http://cam/x#video=copy", "has a #", "%23"),
        ("http://cam#x@other/", "has a #", "%23"),
        ("http://cam:80/x#a@b", "has a #", "%23"),
        ("rtsp://admin:12#34@cam/", "has a #", "%23"),
        ("rtsp://admin:pa/ss@cam/live@home", "in several ways", "%40 for @"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(text: str, message: str, allowed: str) -> None:
    with pytest.raises(InvalidAddress) as error:
        parse_address(text, SCHEMES)
    assert message in str(error.value)
    assert allowed in error.value.allowed
