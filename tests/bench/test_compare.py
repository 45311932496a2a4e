"""The comparison of two commits: what it calls a difference, and the checkout that it measures."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.bench.compare import checked_out, difference, row
from tests.bench.run import CHECKOUT


def test_a_difference_in_every_round_is_real() -> None:
    ratio, noise, real = difference([1.0, 2.0, 1.5, 1.2], [0.9, 1.82, 1.34, 1.09])
    assert real
    assert ratio == pytest.approx(0.9, abs=0.01)
    assert noise < 0.05


def test_a_difference_that_changes_its_sign_is_noise() -> None:
    assert not difference([1.0, 1.0, 1.0, 1.0, 1.0], [0.9, 1.1, 0.95, 1.04, 0.97])[2]


def test_a_commit_compared_with_itself_does_not_differ() -> None:
    assert not difference([1.0, 2.0], [1.0, 2.0])[2]


def test_a_row_has_both_medians_and_what_they_differ_by() -> None:
    assert row("CPU", [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]) == (
        "| CPU | 2 (2 to 2) | 1 (1 to 1) | 0.500 ± 0.000 | less |"
    )


def _is_git_checkout() -> bool:
    if shutil.which("git") is None:
        return False
    command = ["git", "-C", str(CHECKOUT), "log", "-1"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _is_git_checkout(), reason="not a checkout of git")
def test_a_commit_is_checked_out_for_the_block_only() -> None:
    with checked_out("HEAD") as folder:
        code = "import mqttcam; print(mqttcam.__file__)"
        env = {"PYTHONPATH": str(folder), "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd="/", env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(folder / "mqttcam/__init__.py")
    assert not folder.exists()
