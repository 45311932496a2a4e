"""The daemon as a systemd service, and signals during its start."""

from __future__ import annotations

import configparser
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.settings import load, plain
from tests.support.broker import Endpoint
from tests.support.daemon import Daemon, clean_environment, configuration
from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.support.waiting import free_port

UNIT = PROJECT / "deploy" / "mqttcam.service"
SECRETS = PROJECT / "deploy" / "mqttcam.service.d" / "secrets.conf"


@pytest.fixture
def notify(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket in the place of systemd's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(20)
        yield listening


def _service(directory: Path, notify: socket.socket) -> Daemon:
    nobody = Endpoint(free_port())
    config = configuration(nobody, directory, node="service")
    env = {"NOTIFY_SOCKET": notify.getsockname(), "WATCHDOG_USEC": "400000"}
    return Daemon(directory, config, env=env)


def test_ready_does_not_wait_for_a_broker(tmp_path: Path, notify: socket.socket) -> None:
    with _service(tmp_path, notify) as daemon:
        assert notify.recv(100) == b"READY=1"
        assert "runs as node service" in daemon.log
        assert [notify.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3


def test_a_restarted_process_notifies_ready_again(tmp_path: Path, notify: socket.socket) -> None:
    """The unit lives on while mqttcam replaces itself: a setting beside the cameras has changed."""
    with _service(tmp_path, notify) as daemon:
        assert notify.recv(100) == b"READY=1"
        assert isinstance(daemon.config, dict)
        daemon.config["node"] = "renamed"
        daemon.write_config()
        daemon.send_signal(signal.SIGHUP)
        said = [notify.recv(100)]
        while said[-1] != b"READY=1":
            said.append(notify.recv(100))
        assert set(said[:-1]) <= {b"WATCHDOG=1"}, "nothing that ends the unit"
        assert "runs as node renamed" in daemon.log


# Waits in the first import that takes long, as a slow machine does.
_SLOW = """
import os, signal, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "mqttcam.settings":
            os.kill(os.getpid(), signal.{number})
sys.meta_path.insert(0, Slow())
sys.argv = ["mqttcam", "run", "-c", {config!r}]
from mqttcam.cli import main
raise SystemExit(main())
"""


@pytest.mark.parametrize(
    ("number", "code", "words"), [("SIGTERM", 0, ""), ("SIGHUP", 2, "config.yaml: does not exist")]
)
def test_a_signal_during_the_imports(tmp_path: Path, number: str, code: int, words: str) -> None:
    """SIGTERM ends it as it would later; SIGHUP, which would end it by default, does not."""
    program = _SLOW.format(number=number, config=str(tmp_path / "config.yaml"))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words in done.stderr


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """systemd's own check of the unit and the example of secrets; with Python in the place of mqttcam."""
    if (analyze := shutil.which("systemd-analyze")) is None:
        leave_out("systemd is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/mqttcam/bin/mqttcam", sys.executable))
    shutil.copytree(SECRETS.parent, tmp_path / SECRETS.parent.name)
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr, done.stderr


def test_the_secrets_of_the_unit_are_those_of_the_configuration(tmp_path: Path) -> None:
    """Each credential is a setting's file, where systemd puts it (`%d`)."""
    auth = {"config-server": {"address": "https://config.lan", "user": "pi", "secret-key": "sesame"}}
    texts = {"mqtt_password": "1234", "auth.json": json.dumps(auth), "private_key.pem": "-----BEGIN"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    lines = [line.partition("=")[::2] for line in SECRETS.read_text().splitlines()]
    assert {value.partition(":")[0] for key, value in lines if key == "LoadCredential"} == set(texts)
    variables = [value.replace("%d", str(tmp_path)) for key, value in lines if key == "Environment"]
    config = tmp_path / "config.yaml"
    config.write_text("node: pi\nmqtt: {host: broker.lan, username: pi}\nkafka: {config: cameras}\n")
    settings = load(config, dict(variable.split("=", 1) for variable in variables))
    assert settings.mqtt is not None
    assert settings.kafka is not None
    assert plain(settings.mqtt.password) == "1234"
    assert plain(settings.kafka.auth) == texts["auth.json"]
    assert plain(settings.kafka.private_key) == "-----BEGIN"


def test_the_unit_restarts_the_daemon_and_grants_access_to_cameras() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"] == "2", "a bad configuration stays bad"
    assert service["SupplementaryGroups"] == "video"
    assert service["ExecReload"].startswith("/bin/sh "), "no program of a package that a small system lacks"
    assert not {"PrivateDevices", "DevicePolicy", "DeviceAllow"} & set(service), "they take the cameras away"
