"""Checks on a real Raspberry Pi what only a real one can show, in about two minutes a camera.

    python3 -m venv --system-site-packages .venv && .venv/bin/pip install .
    .venv/bin/python deploy/check-pi.py [CAMERA …]

CAMERA: an id or model as `mqttcam cameras` prints it; without, every camera that is attached. Stop mqttcam before:
a camera has one owner. Point it at something with detail, nearer in one corner than in the opposite one. Each line is a
check: `ok`, `FAILED`, or `-` where the camera lacks what it is about. The exit code is 1 if one has failed.
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


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def passes(test: Callable[..., str], *subjects: Subject) -> bool:
    """Run one check, and say what came of it: it returns what it has seen, or raises."""
    name, start = test.__name__.replace("_", " "), time.monotonic()
    try:
        seen = test(*subjects)
    except NotOffered as reason:
        say(f"-       {name}: {reason}")
    except Exception as error:  # noqa: BLE001 - the other checks go on
        kind = "" if isinstance(error, SourceError | InvalidValue | AssertionError) else type(error).__name__
        say(f"FAILED  {name}: {kind} {error}".replace(":  ", ": "))
        return False
    else:
        say(f"ok      {name}: {seen}  ({time.monotonic() - start:.1f} s)")
    return True


def say_machine() -> None:
    model, memory = Path("/proc/device-tree/model"), Path("/proc/meminfo")
    say(model.read_text(encoding="utf-8").strip("\0\n") if model.exists() else "this is no Raspberry Pi")
    lines = memory.read_text(encoding="utf-8").splitlines() if memory.exists() else []
    say(", ".join(" ".join(line.split()) for line in lines if line.startswith(("MemTotal", "Cma"))))


def just_open(camera_id: str) -> None:
    """The second process: says why it does not get the camera."""
    try:
        with Subject(AttachedCamera(camera_id, "", {}, (), ()), Picamera2Source(camera=camera_id)).opened():
            say("opened")
    except SourceError as error:
        say(str(error))


def main(wanted: list[str]) -> int:
    if wanted[:1] == [JUST_OPEN]:
        just_open(wanted[1])
        return 0
    say_machine()
    modules = [Subject(found, Picamera2Source(camera=found.id)) for found in attached()]
    usb = [Subject(found, V4l2Source(device=found.id)) for found in attached_usb()]
    failed: list[str] = []
    chosen = 0
    for subject, tests in [*((one, ALL) for one in modules), *((one, FAST) for one in usb)]:
        if not wanted or subject.found.id in wanted or subject.found.model in wanted:
            chosen += 1
            say(f"\n{subject.found.id}: {subject.found.model}, {len(subject.found.controls)} controls")
            failed += [test.__name__ for test in tests if not passes(test, subject)]
    if len(modules) > 1 and not wanted and not passes(two_at_once, *modules[:2]):
        failed.append("two_at_once")
    if not chosen:
        say("no such camera; `mqttcam cameras` lists those that there are")
        return 1
    say(f"\n{len(failed)} checks failed: {', '.join(failed)}" if failed else "\nall is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
