"""Addresses hold secrets: none is in a message, a log, a repr or a traceback."""

from __future__ import annotations

import logging
import socket
import traceback
from urllib.parse import quote, urlsplit

import pytest

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url import UrlCamera
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.conftest import OpenUrl, StartCamera
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.camera.sources.reading import frame_of
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg
from tests.support.waiting import free_port

_SECRETS = ("hunter2", "t0ken", "admin")


def secret_url(port: int, scheme: str = "http", path: str = "/stream") -> str:
    return f"{scheme}://admin:hunter2@127.0.0.1:{port}{path}?key=t0ken"


def assert_silent(text: str) -> None:
    assert not [secret for secret in _SECRETS if secret in text], text


def source(url: str, **more: str) -> UrlSource:
    return UrlSource(url=url, **more)  # type: ignore[arg-type]


def test_address_shows_scheme_host_and_port_alone() -> None:
    address = Address(source(secret_url(8080)))
    assert repr(address) == str(address) == "http://127.0.0.1:8080"
    assert address.bare == "http://127.0.0.1:8080/stream?key=t0ken"
    assert address.credentials == ("admin", "hunter2")


@pytest.mark.parametrize(
    ("url", "more", "whole"),
    [
        ("rtsp://cam/live", {}, "rtsp://cam/live"),
        ("rtsp://a:b@cam:554/live", {}, "rtsp://a:b@cam:554/live"),
        ("rtsp://a:b%40c@cam/live?x=1", {}, "rtsp://a:b%40c@cam/live?x=1"),
        ("rtsp://cam/live", {"username": "a", "password": "b@/c"}, "rtsp://a:b%40%2Fc@cam/live"),
        ("rtsp://old:older@cam/live", {"username": "a", "password": "b"}, "rtsp://a:b@cam/live"),
        ("rtsp://a:b@[fe80::1]:554/live", {}, "rtsp://a:b@[fe80::1]:554/live"),
    ],
)
def test_address_for_ffmpeg(url: str, more: dict[str, str], whole: str) -> None:
    assert Address(source(url, **more)).whole == whole


def test_settings_show_nothing() -> None:
    settings = CameraSettings(source=source(secret_url(80), password="hunter2"))
    assert_silent(repr(settings))
    assert_silent(settings.model_dump_json())


@pytest.mark.parametrize(
    "url", ["ftp://admin:hunter2@cam/", "http://", "hunter2", "http://cam:port/?t0ken", ""]
)
def test_an_address_that_is_refused_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a camera") as refused:
        source(url)
    assert_silent(str(refused.value))


@pytest.mark.parametrize("scheme", ["http", "rtsp", "https"])
def test_failures_tell_no_secret(opened: OpenUrl, caplog: pytest.LogCaptureFixture, scheme: str) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError) as failure:
        opened(secret_url(free_port(), scheme), timeout=1)
    assert_silent("".join(traceback.format_exception(failure.value)))
    assert_silent(caplog.text)


@pytest.mark.parametrize("path", ["/stream", "/nothing", "/page"])
def test_refusals_tell_no_secret(
    http_camera: StartCamera, opened: OpenUrl, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.DEBUG)
    port = http_camera("plain", "someone", "else").port
    with pytest.raises(SourceError) as failure:
        opened(secret_url(port, path=path))
    assert_silent("".join(traceback.format_exception(failure.value)))
    assert_silent(caplog.text)


def test_an_open_camera_tells_no_secret(http_camera: StartCamera) -> None:
    camera = UrlCamera(CameraSettings(source=source(secret_url(http_camera().port))), Wakeup())
    try:
        assert_silent(repr(camera.open()))
        assert_silent(repr(camera))
    finally:
        camera.close()


@pytest.mark.parametrize("path", ["/küche.jpg?pwd=a b", "/x?pwd=a#b&c={d}"])
def test_address_reaches_the_camera_quoted(opened: OpenUrl, path: str) -> None:
    seen: list[bytes] = []

    def respond(request: bytes) -> list[bytes]:
        seen.append(request)
        return [b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", jpeg(16, 16)]

    with raw_http_camera(respond) as url:
        opened(url.replace("/x", path), timeout=3)
    assert seen[0].split()[1].decode() == quote(path, safe="/?=&%{}")


def test_interface_of_an_ipv6_address_is_used_and_not_sent(opened: OpenUrl) -> None:
    seen: list[bytes] = []

    def respond(request: bytes) -> list[bytes]:
        seen.append(request)
        return [b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", jpeg(16, 16)]

    if not has_ipv6():
        leave_out("no IPv6")
    with raw_http_camera(respond, "::1") as url:
        frame_of(opened(url.replace("[::1]", "[::1%1]"), timeout=3))
        port = urlsplit(url).port
    assert f"\r\nHost: [::1]:{port}\r\n".encode() in seen[0]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
