"""Settings from the environment, and the default locations of the configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.broker import Broker
from tests.support.client import Client
from tests.support.daemon import Daemon, configuration, mqttcam_command, pattern_camera
from tests.support.rig import Launch


def test_the_environment_takes_precedence_over_the_file(launch: Launch) -> None:
    rig = launch(env={"MQTTCAM__CAMERAS__FRONT__IMAGE__QUALITY": "42"})
    assert rig.front.state()["image_quality"] == 42
    assert rig.front.next_image()[1]["quality"] == 42


def test_a_bad_value_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"mqtt": {"host": "b"}, "cameras": {"front": pattern_camera()}}))
    done = mqttcam_command(tmp_path, "check", "-c", str(path), env={"MQTTCAM__MQTT__PORT": "many"})
    assert done.returncode == 2
    assert "MQTTCAM__MQTT__PORT" in done.stdout + done.stderr


def test_an_unknown_variable_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"mqtt": {"host": "b"}, "cameras": {"front": pattern_camera()}}))
    done = mqttcam_command(tmp_path, "check", "-c", str(path), env={"MQTTCAM__MQTT__HOTS": "b"})
    assert done.returncode == 2
    assert "host" in (done.stdout + done.stderr).lower()


def test_the_environment_alone_is_a_configuration(broker: Broker, tmp_path: Path) -> None:
    env = {
        "MQTTCAM__NODE": "bare",
        "MQTTCAM__MQTT__HOST": broker.host,
        "MQTTCAM__MQTT__PORT": str(broker.port),
        "MQTTCAM__STATE_DIR": str(tmp_path / "state"),
        "MQTTCAM__CAMERAS__CAMERA__SOURCE__TYPE": "test_pattern",
        "MQTTCAM__CAMERAS__CAMERA__SIZE": "320x240",
    }
    with Client(broker, "mqttcam/bare/#") as client, Daemon(tmp_path, arguments=["run"], env=env):
        client.wait("mqttcam/bare/status", lambda m: m.text == "online")
        client.wait("mqttcam/bare/camera/image")


@pytest.mark.parametrize("command", ["reload", "restart"])
def test_a_reload_reads_dotenv_again(broker: Broker, tmp_path: Path, command: str) -> None:
    """By SIGHUP or a command, and by the process that a restart leaves behind."""
    lines = {
        "MQTTCAM__NODE": "dotenv",
        "MQTTCAM__MQTT__HOST": broker.host,
        "MQTTCAM__MQTT__PORT": str(broker.port),
        "MQTTCAM__STATE_DIR": "state",
        "MQTTCAM__CAMERAS__CAMERA__SOURCE__TYPE": "test_pattern",
        "PICAMERA2_SIZE": "QVGA",
    }
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    state = "mqttcam/dotenv/camera/state"
    with Client(broker, "mqttcam/dotenv/#") as client, Daemon(tmp_path, arguments=["run"]):
        client.wait(state, lambda m: m.json["resolution"] == "320x240")
        lines["PICAMERA2_SIZE"] = "VGA"
        file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        client.publish(f"mqttcam/dotenv/cmd/{command}", "")
        client.wait(state, lambda m: m.json["resolution"] == "640x480")


def test_the_configuration_in_the_current_folder_is_found(broker: Broker, tmp_path: Path) -> None:
    config = configuration(broker, tmp_path, node="local")
    with Client(broker, "mqttcam/local/#") as client, Daemon(tmp_path, config, arguments=["run"]):
        client.wait("mqttcam/local/status", lambda m: m.text == "online")
