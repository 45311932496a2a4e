"""The clients that `tests/outputs/kafka/setup.sh` installs."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from tests.support.left_out import leave_out

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_ROOT = Path(os.environ.get("MQTTCAM_CONSUMERS") or _CACHE / "mqttcam-consumers")
_RUN = """
import runpy, sys
site, program, *arguments = sys.argv[1:]
sys.path.append(site)
sys.path.insert(0, program.rpartition("/")[0])
sys.argv = [program, *arguments]
runpy.run_path(program, run_name="__main__")
"""


def installed(what: str, *path: str) -> Path:
    """Return a file of one of them; `what` is its name for users."""
    found = _ROOT.joinpath(*path)
    if not found.exists():
        leave_out(f"{what}: run tests/outputs/kafka/setup.sh")
    return found


def python_of(what: str, environment: str) -> list[str]:
    """Return how to run a program in an environment; NumPy and OpenCV are those of the tests."""
    python = installed(what, environment, "bin", "python")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not (python.parents[1] / "lib" / version).exists():
        leave_out(f"{what}: tests/outputs/kafka/setup.sh was run with another Python")
    return [str(python), "-W", "ignore", "-c", _RUN, sysconfig.get_paths()["purelib"]]
