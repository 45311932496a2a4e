"""Answers, each checked by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mqttcam.setup.answers import (
    BrokerLogin,
    InvalidAnswer,
    broker_answer,
    camera_id_answer,
    id_for,
    node_answer,
    source_answer,
    user_answer,
)
from mqttcam.setup.cameras import proposed_size


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("broker.lan", BrokerLogin("broker.lan")),
        (" broker.lan:1884 ", BrokerLogin("broker.lan", 1884)),
        ("192.0.2.1:8883", BrokerLogin("192.0.2.1", 8883, tls=True)),
        ("mqtt://anna@broker.lan", BrokerLogin("broker.lan", username="anna")),
        ("mqtts://anna:a%40b@broker.lan", BrokerLogin("broker.lan", None, "anna", "a@b", tls=True)),
        ("mqtt://[2001:db8::1]:1883", BrokerLogin("2001:db8::1", 1883)),
    ],
)
def test_addresses_of_brokers(text: str, login: BrokerLogin) -> None:
    assert broker_answer(text) == login


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no address of a broker"),
        ("http://broker.lan", "http:// is not supported; allowed: mqtt://"),
        ("broker.lan:99999", "is no address of a broker"),
        ("mqtt://broker.lan/topic", "is no address of a broker"),
        ("bro ker", "is not a host name"),
    ],
)
def test_what_is_no_address_of_a_broker(text: str, words: str) -> None:
    with pytest.raises(InvalidAnswer, match=words):
        broker_answer(text)


def test_the_port_is_shown_with_its_default() -> None:
    assert broker_answer("a").where == "a:1883"
    assert broker_answer("mqtts://a").where == "a:8883"
    assert broker_answer("mqtt://[::1]").where == "[::1]:1883"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("test", {"type": "test_pattern"}),
        ("usb", {"type": "v4l2"}),
        ("usb:/dev/video2", {"type": "v4l2", "device": "/dev/video2"}),
        ("pi", {"type": "picamera2", "camera": 0}),
        ("pi:1", {"type": "picamera2", "camera": 1}),
        ("pi:imx708", {"type": "picamera2", "camera": "imx708"}),
        ("rtsp://c.lan/s", {"type": "url", "url": "rtsp://c.lan/s"}),
    ],
)
def test_cameras(text: str, source: dict[str, object]) -> None:
    assert source_answer(text) == source


@pytest.mark.parametrize("text", ["", "camera", "ftp://c.lan", "test:1", "rtsp:c.lan"])
def test_what_is_no_camera(text: str) -> None:
    with pytest.raises(InvalidAnswer, match="is no camera; allowed: test, usb"):
        source_answer(text)


def test_an_address_without_a_host() -> None:
    with pytest.raises(InvalidAnswer, match="is not the URL of a camera") as caught:
        source_answer("rtsp:///stream")
    assert caught.value.field == "url"


@pytest.mark.parametrize(
    ("check", "text", "words"),
    [
        (node_answer, "My Pi", "a-z, 0-9, _ and -; such as my-pi"),
        (node_answer, "", "1 to 64 of a-z"),
        (camera_id_answer, "status", "status is reserved for a topic of the node"),
        (user_answer, "a b", "is not a user name"),
    ],
)
def test_names_that_are_not_valid(check: Callable[[str], str], text: str, words: str) -> None:
    with pytest.raises(InvalidAnswer, match=words):
        check(text)


def test_two_cameras_with_one_id() -> None:
    assert camera_id_answer("front", ["yard"]) == "front"
    with pytest.raises(InvalidAnswer, match="another camera has the id front"):
        camera_id_answer("front", ["front"])


def test_ids_of_names() -> None:
    assert id_for("Front door") == "front-door"
    assert id_for("Küche") == "kuche"
    assert id_for("玄関") == "camera"
    assert id_for("Camera", ["camera", "camera-2"]) == "camera-3"
    assert id_for("Status") == "status-2"
    assert len(id_for("x" * 200, ["x" * 60])) <= 64


def test_proposed_sizes() -> None:
    assert proposed_size([(640, 480), (1280, 720), (1920, 1080)]) == "1280x720"
    assert proposed_size([(640, 480), (1600, 1200)]) == "640x480"
    assert proposed_size([(3280, 2464)]) is None
    assert proposed_size([(3280, 2464)], scales=True) == "1280x720"
    assert proposed_size([]) is None
