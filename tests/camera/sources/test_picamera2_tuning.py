"""Which tuning file libcamera has loaded for a model; `tests/virtual_pi` loads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.camera.sources.picamera2.tuning import Tunings

ATTACHED = [{"Model": "imx219", "Id": "a", "Num": 0}, {"Model": "imx708", "Id": "b", "Num": 1}]


@pytest.fixture
def tunings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunings]:
    monkeypatch.setenv("LIBCAMERA_IPA_CONFIG_PATH", "")
    found = Tunings()
    yield found
    found.unload()


def test_the_file_of_each_model(tunings: Tunings, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_bytes(b"{}")
    tunings.want(0, mine)
    tunings.want(1, None)
    assert tunings.loaded("imx219") is None, "not yet"
    tunings.load(ATTACHED, tmp_path)
    assert (tunings.loaded("imx219"), tunings.loaded("imx708")) == ("mine.json", None)
    tunings.unload()
    assert tunings.loaded("imx219") is None
