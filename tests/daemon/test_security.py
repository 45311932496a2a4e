"""Passwords, TLS and client certificates; secrets are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.broker import Mosquitto, find_mosquitto
from tests.support.certificates import Certificates
from tests.support.daemon import Daemon, configuration, mqttcam_command
from tests.support.left_out import leave_out
from tests.support.rig import rig
from tests.support.waiting import wait_for

SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _real_broker() -> None:
    if find_mosquitto() is None:
        leave_out("mosquitto is not installed: no passwords, no TLS")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of this run."""
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def test_a_broker_with_a_password(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path / "broker", password=SECRET) as broker,
        rig(broker, tmp_path / "daemon") as running,
    ):
        running.front.next_image()


@pytest.mark.parametrize("where", ["file", "environment", "environment file"])
def test_the_password_may_come_from_a_file_or_the_environment(tmp_path: Path, where: str) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    with Mosquitto(tmp_path / "broker", password=SECRET) as broker:
        config = configuration(broker, tmp_path)
        del config["mqtt"]["password"]
        env = {}
        if where == "file":
            config["mqtt"]["password_file"] = str(tmp_path / "secret")
        elif where == "environment":
            env["MQTTCAM__MQTT__PASSWORD"] = SECRET
        else:
            env["MQTTCAM__MQTT__PASSWORD_FILE"] = str(tmp_path / "secret")
        with Daemon(tmp_path, config, env=env) as daemon:
            wait_for(lambda: "as mqttcam-yard" in broker.log or not daemon.alive, "it is let in")
            assert daemon.alive


def test_a_wrong_password_is_logged_once(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker", password=SECRET) as broker:
        config = configuration(broker, tmp_path)
        config["mqtt"]["password"] = "a guess that fails"
        with Daemon(tmp_path, config) as daemon:
            wait_for(lambda: _complaints(daemon), "it says so")
            assert daemon.alive
            assert "a guess that fails" not in daemon.log
            assert daemon.stop()[0] == 0
            assert len(_complaints(daemon)) == 1, daemon.log


def _complaints(daemon: Daemon) -> list[str]:
    words = ("password", "authori", "credential", "refused")
    # The lines at INFO have the folder, and that the name of the test.
    lines = [line.lower() for line in daemon.log.splitlines() if " INFO " not in line]
    return [line for line in lines if any(word in line for word in words)]


def test_a_broker_with_tls(tmp_path: Path, certificates: Certificates) -> None:
    with (
        Mosquitto(tmp_path / "broker", password=SECRET, certificates=certificates) as broker,
        rig(broker, tmp_path / "daemon") as running,
    ):
        running.front.next_image()
        assert running.front.set({"brightness": 0.1})["ok"]
        code, _ = running.daemon.stop()
        assert code == 0
        running.node.wait_status("offline")


def test_a_broker_with_an_unknown_certificate_is_refused(tmp_path: Path, certificates: Certificates) -> None:
    other = Certificates.make(tmp_path / "other")
    with Mosquitto(tmp_path / "broker", certificates=certificates) as broker:
        config = configuration(broker, tmp_path)
        config["mqtt"]["tls"]["ca_file"] = str(other.ca)
        with Daemon(tmp_path, config) as daemon:
            wait_for(lambda: "certificate" in daemon.log.lower(), "it says why")
            assert daemon.alive
            assert "as mqttcam-yard" not in broker.log
            assert daemon.stop()[0] == 0


def test_a_broker_that_requires_a_client_certificate(tmp_path: Path, certificates: Certificates) -> None:
    with (
        Mosquitto(tmp_path / "broker", certificates=certificates, client_certificate=True) as broker,
        rig(broker, tmp_path / "daemon") as running,
    ):
        running.front.next_image()


def test_a_missing_client_certificate_is_logged_and_the_daemon_retries(
    tmp_path: Path, certificates: Certificates
) -> None:
    with Mosquitto(tmp_path / "broker", certificates=certificates, client_certificate=True) as broker:
        config = configuration(broker, tmp_path)
        del config["mqtt"]["tls"]["cert_file"], config["mqtt"]["tls"]["key_file"]
        with Daemon(tmp_path, config) as daemon:
            wait_for(lambda: "error" in broker.log.lower() and daemon.log, "the broker refuses")
            assert daemon.alive
            assert daemon.stop()[0] == 0


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path / "broker", password=SECRET) as broker,
        rig(broker, tmp_path / "daemon", log={"level": "DEBUG"}) as running,
    ):
        running.client.wait(running.node.topic("health"))
        running.front.command("snapshot")
        running.node.command("reload")
        running.node.command("rediscover")
        running.front.set({"password": SECRET[:4]})
        running.front.next_image()
        running.daemon.stop()
        assert SECRET not in running.daemon.log
        assert not [m for m in running.client.messages if SECRET.encode() in m.payload]
        for command in ("discovery", "check"):
            done = mqttcam_command(tmp_path, command, "-c", str(running.daemon.config_file))
            assert done.returncode == 0
            assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("wrong", [{"a": SECRET}, [SECRET], {"password": SECRET}])
def test_a_problem_with_a_secret_does_not_show_it(tmp_path: Path, wrong: object) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"mqtt": {"host": "localhost", "password": wrong}, "cameras": {}}))
    done = mqttcam_command(tmp_path, "check", "-c", str(path))
    assert done.returncode == 2
    assert "mqtt.password" in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_the_state_on_disk_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker") as broker, rig(broker, tmp_path / "daemon") as running:
        assert running.front.set({"brightness": 0.1})["ok"]
        files = [path for path in (running.daemon.directory / "state").rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if path.stat().st_mode & 0o022]
