"""What only a daemon with a broker shows: retained messages, limits, the end of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.text import as_root
from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import clean_environment, mqttcam_command, pattern_camera
from tests.support.rig import Rig, rig
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def reconfigure(running: Rig, **cameras: object) -> None:
    assert isinstance(running.daemon.config, dict)
    running.daemon.config["cameras"] = cameras
    running.daemon.write_config()
    running.daemon.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
def test_a_camera_that_goes_and_comes_back(broker: Broker, tmp_path: Path, protocol: object) -> None:
    node = f"back-{protocol}".replace(".", "")
    both = {"front": pattern_camera(), "back": pattern_camera()}
    with rig(broker, tmp_path, node=node, cameras=both, mqtt={"protocol": protocol}) as running:
        device = f"homeassistant/device/mqttcam_{node}_back/config"
        info = running.node.topic("info")
        running.client.wait(device)
        since = running.mark()
        reconfigure(running, front=pattern_camera())
        running.client.wait(device, lambda m: not m.payload, since=since)
        gone = running.client.wait(info, lambda m: list(m.json["cameras"]) == ["front"], since=since)
        reconfigure(running, **both)
        running.client.wait(info, lambda m: "back" in m.json["cameras"], since=gone.index)
        running.client.wait(device, lambda m: "cmps" in m.text, since=gone.index)
        assert "deleted in Home Assistant" not in running.daemon.log


def test_info_has_the_limit_of_the_broker(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path / "broker", extra="max_packet_size 100000") as small,
        rig(small, tmp_path / "daemon") as running,
    ):
        limits = running.client.wait(running.node.topic("info")).json["limits"]
        assert limits["max_packet_size"] == 100_000


def test_a_command_that_runs_at_the_end_is_answered(broker: Broker, tmp_path: Path) -> None:
    slow = {"front": pattern_camera(frame_rate=0.02)}
    with rig(broker, tmp_path, node="slow", cameras=slow) as running:
        result = running.front.topic("result")
        running.front.wait_availability("online")  # a frame has come, the next one comes in 50 s
        since = running.mark()
        running.client.publish(running.front.topic("cmd", "snapshot"), {"request_id": "late"})
        running.front.state()
        assert not [m for m in running.client.on(result, since) if m.json["request_id"] == "late"]
        assert running.daemon.stop()[0] == 0
        late = running.client.wait(result, lambda m: m.json["request_id"] == "late", since=since)
        assert late.json["error"]["code"] == "unavailable"


def test_hangups_during_a_restart(broker: Broker, tmp_path: Path) -> None:
    with rig(broker, tmp_path, node="again") as running:
        since = running.mark()
        assert running.node.command("restart")["ok"] is True
        gone = running.node.wait_status("offline", since=since)

        def back() -> bool:
            running.daemon.send_signal(signal.SIGHUP)
            return bool(running.client.on(running.node.topic("status"), gone.index + 1))

        wait_for(back, "the daemon is back")
        assert running.daemon.alive


def test_restart_into_a_bad_configuration_is_refused(broker: Broker, tmp_path: Path) -> None:
    with rig(broker, tmp_path, node="bad") as running:
        running.daemon.config_file.write_text("cameras: [\n")
        error = running.node.command("restart")["error"]
        assert (error["code"], error["field"]) == ("invalid_value", None)
        assert running.front.state()


def test_two_daemons_with_one_state_dir(broker: Broker, tmp_path: Path) -> None:
    with rig(broker, tmp_path, node="one") as running:
        second = mqttcam_command(tmp_path, "run", "-c", str(running.daemon.config_file))
        assert second.returncode == 1
        assert f"stop it first (the service: {as_root('systemctl stop mqttcam')})" in second.stderr
        assert mqttcam_command(tmp_path, "healthcheck", "-c", str(running.daemon.config_file)).returncode == 0
        assert "taken over" not in running.daemon.log


@pytest.mark.parametrize("command", [["schema"], ["cameras"]])
def test_a_reader_that_has_gone(tmp_path: Path, command: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as nowhere:
        done = _run(tmp_path, command, nowhere.fileno())
    told = [line for line in done.stderr.splitlines() if "no Raspberry Pi cameras" not in line]
    assert (done.returncode, told) == (0, [])


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _run(tmp_path, ["schema"], full.fileno())
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No space left" in done.stderr


def _run(folder: Path, command: list[str], output: int) -> subprocess.CompletedProcess[str]:
    """With output that is buffered, as a user has it."""
    environment = clean_environment(folder)
    del environment["PYTHONUNBUFFERED"]
    return subprocess.run(
        [sys.executable, "-m", "mqttcam", *command],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
