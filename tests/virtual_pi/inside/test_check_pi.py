"""The script for a real Pi runs; what it leaves out is what a virtual camera does not offer."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from virtual_pi.inside import bridge

_SCRIPT = Path(__file__).parents[3] / "deploy" / "check-pi.py"


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
    ]
    assert [line.split(":")[0] for line in lines if line.startswith("ok")] == [
        "ok      stream",
        "ok      readings",
        "ok      every control",
        "ok      small stream",
        "ok      still",
        "ok      sizes",
        "ok      much memory",
        "ok      reopening",
    ]
    assert lines[-1] == "1 checks failed: in_use"


def test_a_camera_that_is_not_there(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["imx999"]) == 1
    assert "no such camera" in capsys.readouterr().out
