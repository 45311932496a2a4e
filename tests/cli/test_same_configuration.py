"""Every command that reads the configuration decides in the same way what is right in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mqttcam.cli import main
from tests.settings.cases import written
from tests.support.daemon import Daemon
from tests.support.waiting import free_port, wait_for

COMMANDS = {
    "check": 0, "discovery": 0, "forget": 1, "healthcheck": 1, "snapshot": 0,
}  # fmt: skip
"""The commands that end by themselves, and their exit codes without a broker and without a daemon."""
USERNAME = '`username` as well; `username: ""` for a broker that checks the password alone'


def arguments(command: str, path: Path) -> list[str]:
    more = ["-o", str(path.parent / "out.jpg")] if command == "snapshot" else []
    return [command, "-c", str(path), *more]


@pytest.mark.parametrize("command", [*COMMANDS, "run"])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "mqtt:\n  host: b\n  password: secret\n",
            f"3: mqtt.password: is given without username, allowed: {USERNAME}",
        ),
        (
            "mqtt: {host: b}\ncameras:\n  x:\n    source: {type: mqtt, host: b, topic: t, password: secret}\n",
            f"4: cameras.x.source.password: is given without username, allowed: {USERNAME}",
        ),
        (
            "mqtt:\n  host: b\n  tls:\n    key_password: secret\n",
            "4: mqtt.tls.key_password: is given without cert_file, allowed: cert_file and key_file as well",
        ),
        (
            "kafka:\n  brokers: k\n  topic: t\n  sasl_plain_password: secret\n",
            "4: kafka.sasl_plain_password: is given without sasl_mechanism, allowed: `sasl_mechanism: PLAIN` as well",
        ),
    ],
)
def test_half_a_login(
    tmp_path: Path, command: str, text: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, text)
    assert main(arguments(command, path)) == 2
    assert capsys.readouterr() == ("", f"{path}:{line}\n")


def test_a_password_from_the_environment_names_its_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQTTCAM__MQTT__PASSWORD", "secret")
    assert main(["check", "-c", str(written(tmp_path, "mqtt: {host: b}\n"))]) == 2
    assert capsys.readouterr().err == (
        f"environment: MQTTCAM__MQTT__PASSWORD: is given without username, allowed: {USERNAME}\n"
    )


def unusual(folder: Path, port: int) -> dict[str, Any]:
    """What is right although it looks wrong: an empty user name, an address in brackets, a character in two halves."""
    return {
        "node": "yard",
        "state_dir": str(folder / "state"),
        "mqtt": {"host": "[::1]", "port": port, "username": "", "password": "secret"},
        "cameras": {"front": {"name": "Tür \U0001f600", "source": {"type": "test_pattern"}, "size": "64x48"}},
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_unusual_but_right(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(unusual(tmp_path, free_port()), indent="\t")
    assert "\\ud83d\\ude00" in text
    assert main(arguments(command, written(tmp_path, text))) == COMMANDS[command]
    output, errors = capsys.readouterr()
    assert "Traceback" not in errors
    if command == "discovery":
        assert "Tür \U0001f600" in output
    if command == "forget":
        assert "MQTT [::1]:" in errors


def test_a_daemon_with_an_unusual_configuration(tmp_path: Path) -> None:
    port = free_port()
    with Daemon(tmp_path, json.dumps(unusual(tmp_path, port))) as daemon:
        wait_for(lambda: "trying again" in daemon.log, "it tries to connect")
        assert f"MQTT [::1]:{port}: Connection refused" in daemon.log or "::1" in daemon.log
        assert daemon.alive
