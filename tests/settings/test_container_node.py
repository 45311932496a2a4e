"""A container without `node` keeps the one of its first start; only there is the host name no name of a machine."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from mqttcam.settings import Settings, load
from mqttcam.settings.loading.container_node import is_generated, keep_node

IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


@pytest.mark.parametrize(
    ("host_name", "environ", "generated"),
    [
        ("f3a9c1d204be", {}, True),
        ("f3a9c1d204be" * 5 + "f3a9", {}, True),
        ("mqttcam-7d9f8b6c5d-x2x4z", IN_POD, True),
        ("mqttcam-7d9f8b6c5d-x2x4z", {}, False),
        ("mqttcam-0", IN_POD, False),
        ("pi-garden", {}, False),
        ("facade", {}, False),
    ],
)
def test_host_names_of_containers(host_name: str, environ: dict[str, str], generated: bool) -> None:
    assert is_generated(host_name, environ) is generated


def _start(folder: Path, host_name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(socket, "gethostname", lambda: host_name)
    environ = {"MQTTCAM__MQTT__HOST": "b", "MQTTCAM__STATE_DIR": str(folder / "state")}
    settings = load(None, environ)
    keep_node(settings, environ)
    return settings


def test_the_next_container_has_the_node_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert _start(tmp_path, "f3a9c1d204be", monkeypatch).node == "f3a9c1d204be"
    assert f"it is kept in {tmp_path / 'state/node'}, which has to be on a volume" in caplog.text
    assert "Better set `node` (MQTTCAM__NODE)" in caplog.text
    caplog.clear()
    assert _start(tmp_path, "0b77e2c95a1d", monkeypatch).node == "f3a9c1d204be"
    assert caplog.text == ""
    assert _start(tmp_path, "pi-garden", monkeypatch).node == "pi-garden"


def test_a_node_that_cannot_be_kept_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file")
    assert _start(tmp_path, "f3a9c1d204be", monkeypatch).node == "f3a9c1d204be"
    assert "it cannot be kept in" in caplog.text


@pytest.mark.parametrize("kept", ["", "Not an id", "x" * 65, "\udcff"])
def test_a_damaged_file_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/node").write_text(kept, encoding="utf-8", errors="surrogateescape")
    assert _start(tmp_path, "f3a9c1d204be", monkeypatch).node == "f3a9c1d204be"
