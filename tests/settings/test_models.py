"""The models: defaults, normal forms, comparison, derived values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from mqttcam.settings import (
    UNPACED,
    CameraSettings,
    FileSource,
    MqttSettings,
    Picamera2Source,
    Settings,
    Size,
    TestPatternSource,
    default_name,
    parse_size,
)
from mqttcam.settings.settings import default_node, default_state_dir
from tests.settings.cases import loaded


def camera(**values: object) -> CameraSettings:
    return CameraSettings.model_validate({"source": {"type": "test_pattern"}, **values})


def test_nothing_configured_is_a_node_without_mqtt_and_cameras() -> None:
    settings = Settings()
    assert (settings.mqtt, settings.cameras) == (None, {})
    assert (settings.home_assistant.enabled, settings.home_assistant.discovery_prefix) == (
        True,
        "homeassistant",
    )
    assert (settings.web.enabled, settings.web.host, settings.web.port) == (False, "127.0.0.1", 8080)
    assert (settings.log.level, settings.log.format) == ("INFO", "text")
    assert (settings.broker.enabled, settings.broker.host, settings.broker.port) == (False, "127.0.0.1", 1883)


def test_mqtt_defaults() -> None:
    mqtt = MqttSettings()
    assert (mqtt.host, mqtt.port, mqtt.keepalive, mqtt.protocol) == ("localhost", None, 60, 5)
    assert (mqtt.base_topic, mqtt.max_packet_size, mqtt.tls) == ("mqttcam", 2_000_000, None)
    assert (mqtt.username, mqtt.password, mqtt.client_id) == (None, None, None)


def test_camera_defaults() -> None:
    front = camera()
    assert (front.name, front.size, front.frame_rate, front.rotation) == (None, None, 15.0, 0)
    assert (front.hflip, front.vflip, front.enabled, front.controls) == (False, False, True, {})
    assert (front.image.fps, front.image.quality, front.image.retain) == (1.0, 85, False)
    assert front.source == TestPatternSource(pattern="bars")
    assert Picamera2Source().camera == 0
    assert FileSource(path=Path("x")).loop is True


@pytest.mark.parametrize(
    ("values", "port"), [({}, 1883), ({"tls": True}, 8883), ({"tls": True, "port": 1}, 1), ({"port": 2}, 2)]
)
def test_port_follows_tls(values: dict[str, object], port: int) -> None:
    assert MqttSettings.model_validate(values).connect_port == port


@pytest.mark.parametrize(
    ("raw", "on"), [(True, True), ("true", True), ("on", True), (False, False), ("no", False)]
)
def test_tls_as_a_switch(raw: object, on: bool) -> None:
    assert (MqttSettings.model_validate({"tls": raw}).tls is not None) is on


def test_client_id_from_the_node() -> None:
    assert Settings(node="pi").client_id == "mqttcam-pi"
    assert Settings.model_validate({"node": "pi", "mqtt": {"client_id": "me"}}).client_id == "me"


@pytest.mark.parametrize(
    ("camera_id", "name"), [("front", "Front"), ("front_door", "Front door"), ("a-b_c", "A b c"), ("_", "_")]
)
def test_name_from_the_id(camera_id: str, name: str) -> None:
    assert default_name(camera_id) == name
    settings = Settings.model_validate({"cameras": {camera_id: {"source": {"type": "test_pattern"}}}})
    assert settings.cameras[camera_id].name == name


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        ("1280x720", (1280, 720)),
        ("(640x480)", (640, 480)),
        (" 640 X 480 ", (640, 480)),
        ([320, 240], (320, 240)),
        ("QVGA", (320, 240)),
        ("vga", (640, 480)),
        ("Svga", (800, 600)),
        ("hd", (1280, 720)),
        ("FHD", (1920, 1080)),
        ("2k", (1920, 1080)),
        ("4K", (3840, 2160)),
    ],
)
def test_sizes(raw: object, size: tuple[int, int]) -> None:
    parsed = parse_size(raw)
    assert parsed == Size(*size)
    assert parse_size(str(parsed)) == parsed
    assert camera(size=raw).size == parsed


@pytest.mark.parametrize(
    "raw", ["x", "640", "640x", "641x480", "8x8", "99999x10", [640], [640, 480, 1], [True, 2], 5]
)
def test_no_sizes(raw: object) -> None:
    with pytest.raises(ValidationError):
        camera(size=raw)


def test_max_is_unpaced() -> None:
    assert camera(frame_rate="max").frame_rate == UNPACED
    assert camera(frame_rate="MAX") == camera(frame_rate=0)
    raw = {"type": "file", "path": "x", "format": "yuv420", "size": "VGA"}
    assert camera(source=raw, frame_rate="max").frame_rate == UNPACED
    assert camera(image={"fps": "max"}).image.fps == "max"
    assert camera(image={"fps": "0"}).image.fps == 0


@pytest.mark.parametrize("source", [{"type": "picamera2"}, {"type": "file", "path": "x"}])
def test_max_needs_pictures_made_here(source: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        camera(source=source, frame_rate="max")


def test_raw_frames_need_a_size_somewhere() -> None:
    raw = {"type": "file", "path": "x", "format": "yuv420"}
    assert camera(source=raw, size="VGA").size == (640, 480)
    in_source = camera(source={**raw, "size": "VGA"})
    assert isinstance(in_source.source, FileSource)
    assert in_source.source.size == (640, 480)
    with pytest.raises(ValidationError):
        camera(source=raw)


@pytest.mark.parametrize("raw", [5, "5", "5.0", 5.0])
def test_protocol_5(raw: object) -> None:
    assert MqttSettings.model_validate({"protocol": raw}).protocol == 5


@pytest.mark.parametrize("level", ["warning", "WARN", " Warning"])
def test_levels_in_any_case(level: str) -> None:
    assert Settings.model_validate({"log": {"level": level}}).log.level == "WARNING"


def test_picamera2_by_number_or_id() -> None:
    assert Picamera2Source.model_validate({"camera": "1"}).camera == 1
    assert Picamera2Source.model_validate({"camera": "/base/i2c@1/imx708"}).camera == "/base/i2c@1/imx708"


def test_own_broker_is_used_unless_another_is_named() -> None:
    own = Settings.model_validate({"broker": {"enabled": True, "host": "0.0.0.0", "port": 1999}})
    assert own.mqtt is not None
    assert (own.mqtt.host, own.mqtt.port) == ("127.0.0.1", 1999)
    named = Settings.model_validate({"broker": {"enabled": True}, "mqtt": {"host": "other"}})
    assert named.mqtt is not None
    assert (named.mqtt.host, named.mqtt.port) == ("other", None)
    kept = Settings.model_validate({"broker": {"enabled": True}, "mqtt": {"base_topic": "x"}})
    assert kept.mqtt is not None
    assert (kept.mqtt.host, kept.mqtt.base_topic) == ("127.0.0.1", "x")


@pytest.mark.parametrize(
    ("text", "host"),
    [("[::1]", "::1"), ("::1", "::1"), ("[fe80::1%eth0]", "fe80::1%eth0"), ("broker.lan", "broker.lan")],
)
def test_an_ipv6_address_may_be_in_brackets(text: str, host: str) -> None:
    for section in ("mqtt", "broker", "web"):
        assert getattr(Settings.model_validate({section: {"host": text}}), section).host == host


@pytest.mark.parametrize("text", ["[::1]:1883", "[::1", "[broker.lan]", "h" * 300])
def test_other_brackets_are_no_host(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"mqtt": {"host": text}})


def test_the_birth_topic_follows_the_prefix_unless_it_is_given() -> None:
    for given, topic in (
        ({}, "homeassistant/status"),
        ({"discovery_prefix": "ha"}, "ha/status"),
        ({"discovery_prefix": "ha", "birth_topic": "hass/birth"}, "hass/birth"),
    ):
        assert Settings.model_validate({"home_assistant": given}).home_assistant.listen_topic == topic


def test_equal_when_every_value_is(tmp_path: Path) -> None:
    text = "mqtt: {password: a, port: 1}\ncameras: {x: {source: {type: test_pattern}, size: VGA}}\n"
    same = 'cameras: {x: {size: 640x480, source: {type: "test_pattern"}, hflip: no}}\n'
    same += 'mqtt: {port: "1", password: "a"}'
    assert loaded(tmp_path, text) == loaded(tmp_path, same)
    assert loaded(tmp_path, text) != loaded(tmp_path, text.replace("password: a", "password: b"))
    assert loaded(tmp_path, text) != loaded(tmp_path, text.replace("VGA", "HD"))


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().node = "x"  # type: ignore[misc]


def test_node_from_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for host, node in [
        ("Pi_Garden.fritz.box", "pi_garden"),
        ("münchen", "m-nchen"),
        ("…", "mqttcam"),
        ("", "mqttcam"),
    ]:
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        assert default_node() == node


def test_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert default_state_dir({"STATE_DIRECTORY": "/a:/b", "HOME": "/h"}) == Path("/a")
    assert default_state_dir({"XDG_STATE_HOME": "/x", "HOME": "/h"}) == Path("/x/mqttcam")
    assert default_state_dir({"HOME": "/h"}) == Path("/h/.local/state/mqttcam")
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert default_state_dir({"HOME": "/h"}) == Path("/var/lib/mqttcam")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_state_dir({"HOME": "/root"}) == Path("/var/lib/mqttcam")
