"""The script for a real Pi, on virtual cameras: it skips only what these do not offer."""

from __future__ import annotations

import contextlib
import runpy
import struct
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import simplejpeg

from tests.support.project import PROJECT
from tests.virtual_pi.inside import bridge

_SCRIPT = PROJECT / "deploy" / "check-pi.py"


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    monkeypatch.syspath_prepend(_SCRIPT.parent)
    found: Callable[[list[str]], int] = runpy.run_path(str(_SCRIPT))["main"]
    return found


def test_every_check_runs(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> None:
    with bridge.pace(15):
        assert main(["virtual-bars"]) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = [line.split(":")[0] for line in lines if line.startswith("FAILED")]
    # Virtual cameras are each process's own, so no second process can find one in use.
    assert failed == ["FAILED  in use"], lines
    assert [line.split(":")[0] for line in lines if line.startswith("-")] == [
        "-       exposure",
        "-       high dynamic range",
        "-       zoom",
        "-       zoom upside down",
        "-       autofocus",
        "-       focus upside down",
        "-       zoomed still",
        "-       raw",
        "-       hardware video",
        "-       sensor modes",
        "-       colour spaces",
        "-       tuning file",
    ]
    assert [line.split(":")[0] for line in lines if line.startswith("ok")] == [
        "ok      stream",
        "ok      readings",
        "ok      every control",
        "ok      small stream",
        "ok      still",
        "ok      masked still",
        "ok      still of the stream",
        "ok      configured photo",
        "ok      formats",
        "ok      sizes",
        "ok      much memory",
        "ok      reopening",
    ]
    assert lines[-1] == "1 checks failed: in_use"


def test_unknown_camera_is_an_error(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["imx999"]) == 1
    assert "no such camera" in capsys.readouterr().out


class ZoomingCamera:
    """A substitute for a Pi camera with a zoom, which no virtual camera has: a 4:3 sensor, and a 16:9 stream.

    Attributes:
        flaw: what it does wrong: nothing, `whole still` or `zoom lost`.
    """

    def __init__(self, flaw: str) -> None:
        noise = np.random.default_rng(7).integers(0, 256, (60, 80), dtype=np.uint8)
        self._scene = np.kron(noise, np.ones((20, 20), dtype=np.uint8))
        self._flaw = flaw
        self._zoom = 1.0

    def needs(self, control: str) -> None:
        assert control == "Zoom"

    @contextlib.contextmanager
    def opened(self) -> Iterator[ZoomingCamera]:
        yield self

    def apply(self, values: Mapping[str, float]) -> None:
        self._zoom = values["Zoom"]

    @property
    def applied(self) -> Mapping[str, float]:
        return {"Zoom": self._zoom}

    def read(self, timeout: float) -> Any:
        luma = self._field(9 / 16, self._zoom)[::2, ::2]
        return SimpleNamespace(raster=lambda: (luma,))

    def take_still(self) -> Any:
        field = self._field(3 / 4, 1.0 if self._flaw == "whole still" else self._zoom)
        self._zoom = 1.0 if self._flaw == "zoom lost" else self._zoom
        jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(field)[..., None], 90, colorspace="GRAY")
        picture = SimpleNamespace(width=field.shape[1], height=field.shape[0], jpeg=jpeg)
        return SimpleNamespace(frame=SimpleNamespace(picture=lambda _spec: picture))

    def _field(self, shape: float, zoom: float) -> Any:
        width = round(1600 / zoom)
        height = round(width * shape)
        y, x = (1200 - height) // 2, (1600 - width) // 2
        return self._scene[y : y + height, x : x + width]


def test_a_still_while_zoomed_has_the_zoomed_field_and_the_zoom_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(_SCRIPT.parent)
    check = runpy.run_path(str(_SCRIPT.with_name("pi_checks.py")))["zoomed_still"]
    assert "zoom 2.0 holds" in check(ZoomingCamera(""))
    with pytest.raises(AssertionError, match="the still is not zoomed"):
        check(ZoomingCamera("whole still"))
    with pytest.raises(AssertionError, match="the stream after it is not zoomed"):
        check(ZoomingCamera("zoom lost"))


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_luma_of_a_dng(monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    """As PiDNG writes it: one tile, samples of less than 16 bits with the highest bit first."""
    monkeypatch.syspath_prepend(_SCRIPT.parent)
    luma_of = runpy.run_path(str(_SCRIPT.with_name("pi_raw.py")))["dng_luma"]
    samples = (np.arange(8 * 4).reshape(4, 8) * 7) << (bits - 8)
    if bits == 16:
        tile = samples.astype("<u2").tobytes()
    else:
        tile = np.packbits((samples[..., None] >> np.arange(bits)[::-1]) & 1).tobytes()
    tags = ((256, 8), (257, 4), (258, bits), (324, 8), (50706, 0x401))
    head = 8 + len(tile)
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, one) for tag, one in tags
    )
    dng = b"II*\0" + struct.pack("<I", head) + tile + directory
    width, height, luma = luma_of(dng)
    assert (width, height) == (8, 4)
    expected = (samples >> (bits - 8)).reshape(2, 2, 4, 2).mean((1, 3))
    assert np.allclose(luma, expected)
    with pytest.raises(AssertionError, match="no DNG"):
        luma_of(b"\xff\xd8" + dng)
