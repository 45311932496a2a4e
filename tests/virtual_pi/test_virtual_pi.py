"""The picamera2 source on the real picamera2 and libcamera's virtual cameras: each file of `inside/`, in the chroot."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.left_out import RUN_AGAIN

_FILES = sorted(path.name for path in (Path(__file__).parent / "inside").glob("test_*.py"))
_TIMEOUT = 180
_TRIES = 4
"""libcamera's virtual cameras crash (SIGSEGV) if Python frees a request while a camera runs, which an exception in a
callback can cause. A run that a signal ends is repeated, and the end of the output names it; a failed one is not."""
_INSIDE = "/src/tests/virtual_pi/inside"
_ENVIRONMENT = ("PYTHONPATH=/src", "PYTHONDONTWRITEBYTECODE=1", "OPENBLAS_NUM_THREADS=1")
_OPTIONS = ("-q", "-p", "no:cacheprovider", "-c", "pytest.ini", "--confcutdir", _INSIDE)


@pytest.mark.virtual_pi
@pytest.mark.timeout(_TRIES * _TIMEOUT + 60)
@pytest.mark.parametrize("name", _FILES)
def test_inside(virtual_pi: Path, name: str, record_property: Callable[[str, object], None]) -> None:
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
        record_property(RUN_AGAIN, f"{name}: libcamera crashed ({signal.Signals(-run.returncode).name})")
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
