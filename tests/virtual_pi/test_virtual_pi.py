"""The picamera2 source on the real picamera2 and libcamera's virtual cameras: each file of `inside/`, in the chroot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

_FILES = sorted(path.name for path in (Path(__file__).parent / "inside").glob("test_*.py"))
_TIMEOUT = 180
_TRIES = 4
"""libcamera's virtual cameras crash (SIGSEGV) when Python takes a request away while a camera runs, as a failure in a
callback can have it. A run that a signal has ended says nothing of ours; a failed one counts."""
_INSIDE = "/src/tests/virtual_pi/inside"
_ENVIRONMENT = ("PYTHONPATH=/src", "PYTHONDONTWRITEBYTECODE=1", "OPENBLAS_NUM_THREADS=1")
_OPTIONS = ("-q", "-p", "no:cacheprovider", "-c", "pytest.ini", "--confcutdir", _INSIDE)


@pytest.mark.virtual_pi
@pytest.mark.parametrize("name", _FILES)
def test_inside(virtual_pi: Path, name: str) -> None:
    command = [
        "chroot",
        str(virtual_pi),
        "/usr/bin/env",
        "-C",
        _INSIDE,
        *_ENVIRONMENT,
        "/opt/venv/bin/python",
    ]
    for _ in range(_TRIES):
        run = subprocess.run(
            [*command, "-m", "pytest", *_OPTIONS, name],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if run.returncode >= 0:
            break
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
