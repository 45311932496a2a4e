"""What a newcomer meets: each command that cannot do its work ends in one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.cli import main
from tests.settings.cases import CAMERA, written
from tests.support.waiting import free_port


def said(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """Run a command that ends with a code, and return its only line."""
    assert main(arguments) == code
    output, errors = capsys.readouterr()
    assert output == ""
    (line,) = errors.splitlines()
    return line


def test_no_broker_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    path = str(written(tmp_path, f"mqtt: {{host: 127.0.0.1, port: {port}}}\n"))
    assert said(capsys, 1, "forget", "-c", path) == (
        f"mqttcam: MQTT 127.0.0.1:{port}: Connection refused: is the broker running, and is mqtt.port right?"
    )


def test_no_broker_configured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, CAMERA))
    assert said(capsys, 2, "forget", "-c", path) == (
        "mqttcam: mqtt: no broker is configured; allowed: `mqtt: {host: …}`"
    )


def test_no_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = str(tmp_path / "out.jpg")
    path = str(written(tmp_path, "mqtt: {host: b}\n"))
    assert said(capsys, 2, "snapshot", "-c", path, "-o", picture) == (
        "mqttcam: cameras: no camera is configured; `mqttcam cameras` lists those of this machine"
    )
    path = str(written(tmp_path, CAMERA))
    assert said(capsys, 2, "snapshot", "-c", path, "--camera", "frnt", "-o", picture) == (
        "mqttcam: --camera frnt: no such camera (did you mean front?); allowed: front"
    )


def test_a_camera_that_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, "cameras: {front: {source: {type: file, path: x.jpg}}}\nstate_dir: s\n"))
    assert said(capsys, 1, "snapshot", "-c", path, "-o", str(tmp_path / "out.jpg")) == (
        f"mqttcam: camera front: {tmp_path}/x.jpg does not exist"
    )


def test_a_file_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, CAMERA)

    def refuse(_path: Path, _mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert said(capsys, 2, "check", "-c", str(path)) == (
        f"{path}: cannot be read: Permission denied, allowed: a file that this user may read"
    )


def test_no_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, f"{CAMERA}state_dir: s\n"))
    assert said(capsys, 1, "healthcheck", "-c", path).startswith("no daemon is running (")
