"""Devices that exist and cannot be opened; no device is needed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2.attached import attached, path_of


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
