"""How the tests themselves run in parallel: a worker that crashes costs one test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import PROJECT

CONFTEST = """
from tests.support.parallel import GroupScheduling

def pytest_xdist_make_scheduler(config, log):
    return GroupScheduling(config, log)
"""
CRASH = "import os\ndef test_crash():\n    os._exit(3)\n"
TESTS = "def test_one():\n    pass\ndef test_two():\n    pass\n"


def outcomes(folder: Path, **files: str) -> str:
    """Run tests in two workers, and return the summary: what has failed and passed."""
    (folder / "conftest.py").write_text(CONFTEST)
    for name, code in files.items():
        (folder / f"test_{name}.py").write_text(code)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-n", "2", "-c", os.devnull, "."],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return ran.stdout.splitlines()[-1].partition(" in ")[0]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a": CRASH + "def test_last():\n    pass\n", "b": TESTS + CRASH, "c": TESTS}, "2 failed, 5 passed"),
        ({"a": CRASH, "b": CRASH}, "2 failed"),
    ],
    ids=["others go on", "nothing else"],
)
def test_a_crash_fails_one_test_and_every_other_runs_once(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    assert outcomes(tmp_path, **files) == expected
