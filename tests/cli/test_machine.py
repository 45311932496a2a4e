"""`mqttcam check` looks for what the configuration names on this machine."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from mqttcam.cli import machine, main
from mqttcam.settings import load_configuration
from tests.settings.cases import written
from tests.support.certificates import Certificates
from tests.support.left_out import leave_out


def warnings(folder: Path, text: str) -> list[str]:
    configuration = load_configuration(written(folder, text), {"STATE_DIRECTORY": str(folder)})
    return [str(line).replace(f"{folder}/", "") for line in machine.warnings(configuration)]


def errors(folder: Path, text: str) -> list[str]:
    configuration = load_configuration(written(folder, text), {})
    return [str(line).replace(f"{folder}/", "") for line in machine.errors(configuration)]


def camera(source: str) -> str:
    return f"cameras:\n  front:\n    source: {source}\n"


def test_a_file_that_is_there(tmp_path: Path) -> None:
    assert warnings(tmp_path, camera("{type: file, path: config.yaml}")) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Relative to the folder of the configuration."""
    assert warnings(tmp_path, camera("{type: file, path: pictures}")) == [
        "config.yaml:3: cameras.front.source.path: warning: pictures does not exist"
    ]


def test_files_that_this_user_cannot_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may use all of them."""
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    folder = str(tmp_path)
    assert warnings(tmp_path, camera("{type: file, path: .}")) == [
        f"config.yaml: state_dir: warning: this user cannot write to {folder}",
        f"config.yaml:3: cameras.front.source.path: warning: this user cannot read {folder}",
    ]
    assert warnings(tmp_path, "state_dir: a/b\n") == [
        f"config.yaml:1: state_dir: warning: a/b cannot be created: this user cannot write to {folder}"
    ]


def test_a_state_folder_that_is_a_file(tmp_path: Path) -> None:
    assert warnings(tmp_path, "state_dir: config.yaml\n") == [
        "config.yaml:1: state_dir: warning: config.yaml is not a folder"
    ]
    assert warnings(tmp_path, "state_dir: config.yaml/state\n") == [
        "config.yaml:1: state_dir: warning: config.yaml is not a folder"
    ]


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("/dev/null", None),
        ("/dev/video250", "/dev/video250 does not exist; `mqttcam cameras` lists those of this machine"),
        ("250", "/dev/video250 does not exist; `mqttcam cameras` lists those of this machine"),
        ("no-such-camera", "there is no camera no-such-camera; attached: "),
    ],
)
def test_usb_cameras(tmp_path: Path, device: str, words: str | None) -> None:
    if importlib.util.find_spec("videodev2") is None:
        leave_out("videodev2 is not installed")
    found = warnings(tmp_path, camera(f"{{type: v4l2, device: {device}}}"))
    assert len(found) == (words is not None)
    if words is not None:
        assert found[0].startswith(f"config.yaml:3: cameras.front.source.device: warning: {words}")


def test_a_usb_camera_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("videodev2") is None:
        leave_out("videodev2 is not installed")
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != "/dev/null")
    (line,) = warnings(tmp_path, camera("{type: v4l2, device: /dev/null}"))
    assert line.endswith("/dev/null cannot be opened: permission denied; add the user to the group video")


def test_a_pi_camera_without_its_library(tmp_path: Path) -> None:
    if importlib.util.find_spec("libcamera") is not None:
        leave_out("libcamera is installed")
    (line,) = warnings(tmp_path, camera("{type: picamera2}"))
    assert line.startswith(
        "config.yaml:3: cameras.front.source: warning: libcamera is not installed; on Rasp"
    )


def test_a_disabled_camera_may_be_anywhere(tmp_path: Path) -> None:
    assert warnings(tmp_path, camera("{type: file, path: nothing}\n    enabled: false")) == []


def test_libraries_that_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert errors(tmp_path, "web:\n  enabled: true\nbroker: {enabled: true}\n") == [
        "config.yaml:2: web.enabled: aiohttp is not installed: pip install 'mqttcam[web]'",
        "config.yaml:3: broker.enabled: iotcore is not installed: pip install 'mqttcam[broker]'",
    ]
    text = "kafka: {brokers: k, topic: t}\n" + camera("{type: url, url: 'rtsp://c/'}")
    assert warnings(tmp_path, text) == [
        "config.yaml:1: kafka: warning: sinetstream is not installed: pip install 'mqttcam[kafka]'",
        "config.yaml:4: cameras.front.source.url: warning: av is not installed: pip install 'mqttcam[video]'",
    ]


def test_certificates_and_keys(tmp_path: Path) -> None:
    files = Certificates.make(tmp_path)
    good = f"{{ca_file: ca.pem, cert_file: {files.client_cert.name}, key_file: {files.client_key.name}}}"
    assert errors(tmp_path, f"mqtt: {{host: b, tls: {good}}}\n") == []
    source = f"{{type: mqtt, host: b, topic: t, tls: {good.replace('client-key', 'server-key')}}}"
    assert errors(tmp_path, "mqtt:\n  host: b\n  tls:\n    ca_file: config.yaml\n" + camera(source)) == [
        "config.yaml:4: mqtt.tls.ca_file: config.yaml has no certificate in PEM form",
        "config.yaml:7: cameras.front.source.tls.key_file: server-key.pem is not the key of client.pem",
    ]
    assert errors(tmp_path, "web: {enabled: true, tls: {cert_file: config.yaml, key_file: ca.pem}}\n") == [
        "config.yaml:1: web.tls.cert_file: config.yaml and its key are not both in PEM form"
    ]


def test_check_prints_warnings_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(
        tmp_path, f"broker: {{enabled: true}}\nstate_dir: {tmp_path}\n" + camera("{type: file, path: x}")
    )
    assert main(["check", "-c", str(path)]) == 0
    output, said = capsys.readouterr()
    assert said == f"{path}:5: cameras.front.source.path: warning: {tmp_path}/x does not exist\n"
    assert output.startswith(f"{path}: ok (node ")
    assert output.endswith(": front); 1 warning\n")
    path = written(tmp_path, "mqtt: {host: b, tls: {ca_file: config.yaml}}\n")
    assert main(["check", "-c", str(path)]) == 2
    assert capsys.readouterr() == ("", f"{path}:1: mqtt.tls.ca_file: {path} has no certificate in PEM form\n")
