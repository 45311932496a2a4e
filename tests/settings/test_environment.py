"""Environment variables: names, values and precedence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings import FileSource, MqttSettings, Settings, TestPatternSource, TlsSettings, load, plain
from mqttcam.settings.loading.environment import configuring
from tests.settings.cases import CAMERA, lines, loaded, problems_of


def of_environment(**environ: str) -> Settings:
    return load(None, {f"MQTTCAM__{name}": value for name, value in environ.items()})


def messages(**environ: str) -> list[str]:
    return [str(p) for p in problems_of(None, {f"MQTTCAM__{name}": value for name, value in environ.items()})]


def mqtt_of(settings: Settings) -> MqttSettings:
    assert settings.mqtt is not None
    return settings.mqtt


def test_scalars_of_every_kind() -> None:
    settings = of_environment(
        NODE="pi",
        MQTT__HOST="broker.lan",
        MQTT__PORT="1884",
        MQTT__PASSWORD="0123",
        MQTT__PROTOCOL="3.1.1",
        MQTT__TLS="true",
        HOME_ASSISTANT__ENABLED="off",
        STATE_DIR="/state",
    )
    mqtt = mqtt_of(settings)
    assert (mqtt.host, mqtt.port, plain(mqtt.password), mqtt.protocol) == (
        "broker.lan",
        1884,
        "0123",
        "3.1.1",
    )
    assert (settings.node, settings.home_assistant.enabled, settings.state_dir) == (
        "pi",
        False,
        Path("/state"),
    )
    assert mqtt.tls == TlsSettings()


def test_beats_the_file(tmp_path: Path) -> None:
    text = "mqtt: {host: a, port: 5}\n" + CAMERA
    settings = loaded(tmp_path, text, {"MQTTCAM__MQTT__HOST": "b", "MQTTCAM__CAMERAS__FRONT__SIZE": "VGA"})
    assert (mqtt_of(settings).host, mqtt_of(settings).port) == ("b", 5)
    assert settings.cameras["front"].size == (640, 480)


def test_no_variable_no_mqtt() -> None:
    assert of_environment(NODE="x").mqtt is None
    assert of_environment(MQTT__PORT="5").mqtt == MqttSettings(port=5)
    assert mqtt_of(of_environment(BROKER__ENABLED="true")).port == 1883


@pytest.mark.parametrize("name", ["mqttcam__mqtt__host", "MqttCam__Mqtt__Host", "MQTTCAM__MQTT__HOST"])
def test_any_case(name: str) -> None:
    assert mqtt_of(load(None, {name: "b"})).host == "b"


def test_the_same_in_other_letters_is_refused() -> None:
    found = problems_of(None, {"MQTTCAM__NODE": "a", "mqttcam__node": "b"})
    assert [str(p) for p in found] == [
        "environment: mqttcam__node: MQTTCAM__NODE is the same variable in a different case, allowed: one of them"
    ]


def test_empty_is_not_set(tmp_path: Path) -> None:
    environ = {
        "MQTTCAM__MQTT__HOST": "",
        "MQTTCAM__MQTT__PASSWORD_FILE": "",
        "LOG_LEVEL": "",
        "MQTTCAM__NONSENSE": "",
    }
    settings = loaded(tmp_path, "mqtt: {host: a, password: p}", environ)
    assert (mqtt_of(settings).host, plain(mqtt_of(settings).password)) == ("a", "p")
    assert not configuring(environ)


@pytest.mark.parametrize("variable", ["FRONT_DOOR", "front_door", "FRONT-DOOR"])
def test_camera_ids_with_underscore_and_dash(tmp_path: Path, variable: str) -> None:
    name = f"MQTTCAM__CAMERAS__{variable}__NAME"
    dashed = "cameras: {front-door: {source: {type: test_pattern}}}"
    assert loaded(tmp_path, dashed, {name: "x"}).cameras["front-door"].name == "x"


def test_the_exact_id_comes_first(tmp_path: Path) -> None:
    text = "cameras: {a-b: {source: {type: test_pattern}}, a_b: {source: {type: test_pattern}}}"
    cameras = loaded(tmp_path, text, {"MQTTCAM__CAMERAS__A_B__NAME": "x"}).cameras
    assert (cameras["a_b"].name, cameras["a-b"].name) == ("x", "A b")


def test_a_camera_from_the_environment_alone() -> None:
    settings = of_environment(
        CAMERAS__FRONT_DOOR__SOURCE__TYPE="file", CAMERAS__FRONT_DOOR__SOURCE__PATH="/x"
    )
    assert settings.cameras["front_door"].source == FileSource(path=Path("/x"))
    assert settings.cameras["front_door"].name == "Front door"


def test_controls_match_the_file_in_any_case(tmp_path: Path) -> None:
    text = "cameras: {x: {source: {type: picamera2}, controls: {AwbMode: Cloudy, B: 1}}}"
    environ = {
        "MQTTCAM__CAMERAS__X__CONTROLS__AWBMODE": "Daylight",
        "MQTTCAM__CAMERAS__X__CONTROLS__EXPOSURETIME": "10000",
        "MQTTCAM__CAMERAS__X__CONTROLS__COLOURGAINS": "[1.5, 2]",
    }
    assert loaded(tmp_path, text, environ).cameras["x"].controls == {
        "AwbMode": "Daylight",
        "B": 1,
        "COLOURGAINS": [1.5, 2],
        "EXPOSURETIME": "10000",
    }


@pytest.mark.parametrize(
    "text", ['{"type": "file", "path": "/x"}', "{type: file, path: /x}", "type: file\npath: /x\n"]
)
def test_a_section_as_json_or_yaml_replaces_the_files(text: str, tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        "cameras: {front: {source: {type: test_pattern, pattern: x}, hflip: true}}",
        {"MQTTCAM__CAMERAS__FRONT__SOURCE": text, "MQTTCAM__CAMERAS__FRONT__SOURCE__LOOP": "false"},
    )
    assert settings.cameras["front"].source == FileSource(path=Path("/x"), loop=False)
    assert settings.cameras["front"].hflip is True


def test_the_whole_of_cameras() -> None:
    settings = of_environment(CAMERAS='{"a": {"source": {"type": "test_pattern"}, "size": [320, 240]}}')
    assert settings.cameras["a"].size == (320, 240)
    assert (
        of_environment(CAMERAS__A='{"source": {"type": "test_pattern"}}', CAMERAS__A__SIZE="[320, 240]")
        == settings
    )
    assert (
        mqtt_of(of_environment(MQTT='{"password": 0123}')).password
        == mqtt_of(of_environment(MQTT__PASSWORD="0123")).password
    )


def test_another_source_type_leaves_the_files_keys_for_the_old_one_behind(tmp_path: Path) -> None:
    text = "cameras: {camera: {source: {type: picamera2, camera: 1}, rotation: 180}}"
    environ = {"MQTTCAM__CAMERAS__CAMERA__SOURCE__TYPE": "test_pattern"}
    camera = loaded(tmp_path, text, environ).cameras["camera"]
    assert camera.source == TestPatternSource()
    assert camera.rotation == 180
    assert lines(tmp_path, text.replace("camera: 1", "camra: 1"), environ)[0].startswith(
        "config.yaml:1: cameras.camera.source.camra: unknown key"
    )
    assert lines(tmp_path, text, {**environ, "MQTTCAM__CAMERAS__CAMERA__SOURCE__CAMERA": "1"}) == [
        "environment: MQTTCAM__CAMERAS__CAMERA__SOURCE__CAMERA: unknown key, allowed: type, pattern"
    ]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("MQTTCAM__MQTT__HOTS", "MQTTCAM__MQTT__HOST"),
        ("MQTTCAM__MQT__HOST", "MQTTCAM__MQTT__HOST"),
        ("MQTTCAM_MQTT__HOST", "MQTTCAM__MQTT__HOST"),
        ("MQTTCAM__MQTT_HOST", "MQTTCAM__MQTT__HOST"),
        ("MQTTCAM__MQTT__PASWORD_FILE", "MQTTCAM__MQTT__PASSWORD_FILE"),
        ("MQTTCAM__CAMERAS__MY_CAM__IMAGE__FPSS", "MQTTCAM__CAMERAS__MY_CAM__IMAGE__FPS"),
        ("MQTTCAM__CAMERAS__A__SOURCE__PAHT", "MQTTCAM__CAMERAS__A__SOURCE__PATH"),
        ("MQTTCAM__MQTT__HOST__X", "MQTTCAM__MQTT__HOST"),
        ("MQTTCAM__LOG__LEVL", "MQTTCAM__LOG__LEVEL"),
    ],
)
def test_unknown_variables_name_the_nearest(name: str, nearest: str) -> None:
    found = [str(problem) for problem in problems_of(None, {name: "1"})]
    assert found == [f"environment: {name}: unknown variable (did you mean {nearest}?)"]


def test_nothing_near() -> None:
    assert messages(QQQQQQQQQQQQQQQQQQQQQ="1") == [
        "environment: MQTTCAM__QQQQQQQQQQQQQQQQQQQQQ: unknown variable"
    ]


def test_names_of_others_are_left_alone() -> None:
    environ = {"MQTTCAM_SERVICE_HOST": "10.0.0.1", "MQTTCAM_PORT_1883_TCP": "x", "MQTTCAM": "x", "PATH": "x"}
    assert problems_of(None, environ) == []


def test_what_is_wrong_names_the_variable() -> None:
    sources = "test_pattern, file, picamera2, v4l2, url, mqtt, sinetstream or tcp"
    file_keys = "type, path, format, size, loop, max_pixels"
    found = messages(
        MQTT__PORT="x", CAMERAS__A__NAME="x", CAMERAS__B__SOURCE='{"type": "file", "pat": 1}', WEB="[1"
    )
    assert [line.removeprefix("environment: MQTTCAM__") for line in found] == [
        "WEB: a bracket or brace that is not closed",
        f"CAMERAS__B__SOURCE.pat: unknown key (did you mean path?), allowed: {file_keys}",
        "MQTT__PORT: 'x' is not a whole number, allowed: a whole number from 1 to 65535",
        f"CAMERAS__A__SOURCE: is missing, allowed: a section with the `type` {sources}",
    ]
    assert messages(CAMERAS__B='{"source": {"type": "file"}}') == [
        "environment: MQTTCAM__CAMERAS__B.source.path: is missing, allowed: a path"
    ]


def test_bytes_that_are_no_text() -> None:
    assert messages(NODE="a\udcff", MQTT="{\udcff") == [
        "environment: MQTTCAM__MQTT: is not UTF-8, allowed: UTF-8",
        "environment: MQTTCAM__NODE: is not UTF-8, allowed: UTF-8",
    ]
    (problem,) = problems_of(None, {"LOG_LEVEL": "\udcff"})
    assert str(problem).startswith(r"environment: LOG_LEVEL: '\udcff' has an invalid character")


@pytest.mark.parametrize(
    ("text", "environ", "level"),
    [
        ("node: x", {"LOG_LEVEL": "debug"}, "DEBUG"),
        ("log: {level: ERROR}", {"LOG_LEVEL": "debug"}, "DEBUG"),
        ("log: {level: ERROR}", {"LOG_LEVEL": "debug", "MQTTCAM__LOG__LEVEL": "warning"}, "WARNING"),
        ("log: {level: ERROR}", {"LOG_LEVEL": "debug", "MQTTCAM__LOG": "{level: warning}"}, "WARNING"),
        ("log: {level: ERROR}", {"LOG_LEVEL": "debug", "MQTTCAM__LOG": "{format: json}"}, "DEBUG"),
        ("log: {level: ERROR}", {}, "ERROR"),
        ("log: {level: ERROR}", {"LOG_LEVEL": "CRITICAL"}, "ERROR"),
    ],
)
def test_log_level(tmp_path: Path, text: str, environ: dict[str, str], level: str) -> None:
    assert loaded(tmp_path, text, environ).log.level == level


def test_state_folder_of_the_given_environment() -> None:
    assert load(None, {"STATE_DIRECTORY": "/var/lib/a"}).state_dir == Path("/var/lib/a")
    assert load(None, {"STATE_DIRECTORY": "/var/lib/a", "MQTTCAM__STATE_DIR": "b"}).state_dir == Path("b")


def test_paths_count_from_the_files_folder_or_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    text = "state_dir: ~/state\ncameras: {a: {source: {type: file, path: ring.i420}}}"
    settings = loaded(tmp_path, text)
    assert settings.cameras["a"].source == FileSource(path=tmp_path / "ring.i420")
    assert settings.state_dir == Path("/home/me/state")
    settings = loaded(tmp_path, text, {"MQTTCAM__CAMERAS__A__SOURCE__PATH": "other"})
    assert settings.cameras["a"].source == FileSource(path=Path("other"))
    monkeypatch.chdir(tmp_path)
    assert load(Path("config.yaml"), {}).cameras["a"].source == FileSource(path=Path("ring.i420"))
    assert (
        loaded(tmp_path, "state_dir: ~nobody-of-that-name/x").state_dir == tmp_path / "~nobody-of-that-name/x"
    )
