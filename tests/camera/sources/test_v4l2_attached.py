"""Devices that exist and cannot be opened; no device is needed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2.attached import CaptureDevice, attached, path_of


def test_a_device_that_this_user_may_not_open_is_not_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("videodev2")
    (tmp_path / "video0").touch(mode=0)
    monkeypatch.setattr(sys.modules[path_of.__module__], "_DEV", tmp_path)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may open everything
    why = "cannot be opened: permission denied; add the user to the group video"
    with pytest.raises(SourceError, match=f"video0 {why}"):
        path_of(None)
    assert [(one.id, one.model) for one in attached()] == [(str(tmp_path / "video0"), f"({why})")]


def test_a_node_that_gives_pictures_comes_before_one_that_gives_video_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some cameras have a second node for H.264, with the same name."""
    found = [
        CaptureDevice("/dev/video2", "usb-index2", "HD Camera", is_encoded=True),
        CaptureDevice("/dev/video0", "usb-index0", "HD Camera"),
        CaptureDevice("/dev/video4", "other", "Encoder", is_encoded=True),
    ]
    monkeypatch.setattr(sys.modules[path_of.__module__], "cameras", lambda: iter(found))
    assert path_of(None) == path_of("HD Camera") == "/dev/video0"
    assert path_of("usb-index2") == "/dev/video2"
    assert path_of("Encoder") == "/dev/video4"
