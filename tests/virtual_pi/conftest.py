"""The virtual Pi: a Debian 13 with the real picamera2, in which the tests in `inside/` run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.left_out import leave_out
from tests.support.project import PROJECT

collect_ignore = ["inside", "inside_vm"]

_DEFAULT = "/var/cache/mqttcam/virtual-pi"


@pytest.fixture(scope="session")
def virtual_pi() -> Path:
    """The root folder of the virtual Pi, with this checkout in `/src`."""
    root = Path(os.environ.get("VIRTUAL_PI", _DEFAULT))
    if not (root / "made").exists():
        leave_out("no virtual Pi; make one with: bash tests/virtual_pi/setup.sh")
    if os.geteuid() != 0:
        leave_out("the virtual Pi needs root (chroot)")
    source = root / "src"
    shutil.rmtree(source, ignore_errors=True)
    skip = shutil.ignore_patterns("__pycache__", "static")
    for folder in ("mqttcam", "ha_discovery", "deploy", "tests/support", "tests/virtual_pi"):
        shutil.copytree(PROJECT / folder, source / folder, ignore=skip)
    shutil.copy(PROJECT / "tests" / "__init__.py", source / "tests")
    return root
