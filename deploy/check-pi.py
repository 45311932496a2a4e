"""Checks the cameras of a real Raspberry Pi, in about three minutes per camera.

    python3 -m venv --system-site-packages .venv && .venv/bin/pip install .
    .venv/bin/python deploy/check-pi.py [CAMERA …]

CAMERA is an id or model as printed by `mqttcam cameras`; the default is every attached camera. Stop mqttcam first, as
only one process can use a camera. Point the camera at something with detail that is nearer in one corner than in the
opposite one. Each line is a check: `ok`, `FAILED`, or `-` if the camera lacks the feature. The exit code is 1 if any
check has failed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pi_checks import ALL, FAST, JUST_OPEN, two_at_once
from pi_subject import NotOffered, Subject

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources import AttachedCamera
from mqttcam.camera.sources.picamera2 import attached
from mqttcam.camera.sources.v4l2 import attached as attached_usb
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.values import InvalidValue


def print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def passes(test: Callable[..., str], *subjects: Subject) -> bool:
    """Run a check, and print its result: what it returns, or the exception that it raises."""
    name, start = test.__name__.replace("_", " "), time.monotonic()
    try:
        seen = test(*subjects)
    except NotOffered as reason:
        print_line(f"-       {name}: {reason}")
    except Exception as error:  # noqa: BLE001 - the other checks continue
        kind = "" if isinstance(error, SourceError | InvalidValue | AssertionError) else type(error).__name__
        print_line(f"FAILED  {name}: {kind} {error}".replace(":  ", ": "))
        return False
    else:
        print_line(f"ok      {name}: {seen}  ({time.monotonic() - start:.1f} s)")
    return True


def print_machine() -> None:
    model, memory = Path("/proc/device-tree/model"), Path("/proc/meminfo")
    print_line(
        model.read_text(encoding="utf-8").strip("\0\n") if model.exists() else "this is not a Raspberry Pi"
    )
    lines = memory.read_text(encoding="utf-8").splitlines() if memory.exists() else []
    print_line(", ".join(" ".join(line.split()) for line in lines if line.startswith(("MemTotal", "Cma"))))


def just_open(camera_id: str) -> None:
    """Open a camera in the second process, and print why that fails."""
    try:
        with Subject(AttachedCamera(camera_id, "", {}, (), ()), Picamera2Source(camera=camera_id)).opened():
            print_line("opened")
    except SourceError as error:
        print_line(str(error))


def main(wanted: list[str]) -> int:
    if wanted[:1] == [JUST_OPEN]:
        just_open(wanted[1])
        return 0
    print_machine()
    modules = [Subject(found, Picamera2Source(camera=found.id)) for found in attached()]
    usb = [Subject(found, V4l2Source(device=found.id)) for found in attached_usb()]
    failed: list[str] = []
    chosen = 0
    for subject, tests in [*((one, ALL) for one in modules), *((one, FAST) for one in usb)]:
        if not wanted or subject.found.id in wanted or subject.found.model in wanted:
            chosen += 1
            print_line(f"\n{subject.found.id}: {subject.found.model}, {len(subject.found.controls)} controls")
            failed += [test.__name__ for test in tests if not passes(test, subject)]
    if len(modules) > 1 and not wanted and not passes(two_at_once, *modules[:2]):
        failed.append("two_at_once")
    if not chosen:
        print_line("no such camera; `mqttcam cameras` lists the attached ones")
        return 1
    print_line(f"\n{len(failed)} checks failed: {', '.join(failed)}" if failed else "\nall checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
