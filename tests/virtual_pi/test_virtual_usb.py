"""The v4l2 source on real V4L2 devices: `inside_vm/`, in a virtual machine that boots on the virtual Pi's files."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.left_out import leave_out

_HERE = Path(__file__).parent
_DEFAULT = "/var/cache/mqttcam/virtual-usb"
_TIMEOUT = 300


@pytest.fixture
def virtual_usb() -> Path:
    """The machine's kernel and first files."""
    folder = Path(os.environ.get("VIRTUAL_USB", _DEFAULT))
    if not (folder / "made").exists() or not shutil.which("qemu-system-x86_64"):
        leave_out("no virtual USB camera; make one with: bash tests/virtual_pi/setup_usb.sh")
    made = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in ("setup_usb.sh", "usb/init")))
    if (folder / "made").read_text(encoding="ascii").split()[0] != made.hexdigest():
        leave_out(
            "the virtual USB camera is an older one; make it anew with: bash tests/virtual_pi/setup_usb.sh"
        )
    if platform.machine() != "x86_64":
        leave_out("the virtual USB camera is an amd64 machine")
    return folder


@pytest.mark.virtual_pi
@pytest.mark.timeout(_TIMEOUT + 60)
def test_inside_vm(virtual_pi: Path, virtual_usb: Path) -> None:
    share = f"local,id=root,path={virtual_pi},security_model=none,readonly=on,multidevs=remap"
    # Without KVM, which is not everywhere; it boots in ten seconds all the same.
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024", "-smp", "2"]
    command += ["-nographic", "-no-reboot", "-net", "none", "-fsdev", share]
    command += ["-device", "virtio-9p-pci,fsdev=root,mount_tag=root"]
    command += ["-kernel", str(virtual_usb / "vmlinuz"), "-initrd", str(virtual_usb / "start.gz")]
    command += ["-append", "console=ttyS0 quiet panic=-1 mitigations=off"]
    run = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
    )
    assert "EXIT 0" in run.stdout.splitlines(), run.stdout[-8000:] + run.stderr[-1000:]
