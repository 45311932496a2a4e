"""The script for a real Pi runs; what fails is what a virtual camera cannot do."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from virtual_pi.inside import bridge

_SCRIPT = Path(__file__).parents[3] / "deploy" / "check-pi.py"


def test_every_check_runs(capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(_SCRIPT))["main"]
    with bridge.pace(15):
        assert main(["virtual-bars"]) == 1
    lines = capsys.readouterr().out.splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    # Virtual cameras are each process's own, so no second process can find one in use.
    assert [line.split(":")[0] for line in failed] == ["FAILED  in use"], failed
    assert len([line for line in lines if line.startswith("ok")]) == 11
    assert lines[-1] == "1 checks failed: in use"
