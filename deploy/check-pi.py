"""Checks on a real Raspberry Pi what only a real one can show, in about two minutes.

    .venv/bin/python deploy/check-pi.py [CAMERA …]

CAMERA: an id or model as `mqttcam cameras` prints it; without, every camera that is attached. Stop mqttcam before:
a camera has one owner. Each line is one check; the exit code is 1 if one has failed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import simplejpeg

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources import AttachedCamera, create
from mqttcam.camera.sources.picamera2 import attached
from mqttcam.camera.sources.picamera2.readings import readings_in
from mqttcam.camera.sources.v4l2 import attached as attached_usb
from mqttcam.camera.wake import Wake
from mqttcam.settings import CameraSettings, Size
from mqttcam.settings.sources_real import Picamera2Source, V4l2Source
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value, Vector

STREAM = Size(1280, 720)
RATE = 15
_failed: list[str] = []


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def check(name: str, test: Callable[..., str | None], *arguments: Any) -> None:
    """Run one check and say what came of it; a check returns what it has seen, or raises."""
    start = time.monotonic()
    try:
        seen = test(*arguments)
    except (SourceError, InvalidValue, AssertionError) as error:
        _failed.append(name)
        say(f"FAILED  {name}: {error}")
    except Exception as error:  # noqa: BLE001 - the other checks go on
        _failed.append(name)
        say(f"FAILED  {name}: {type(error).__name__}: {error}")
    else:
        say(f"ok      {name}{f': {seen}' if seen else ''}  ({time.monotonic() - start:.1f} s)")


@contextmanager
def opened(source: Picamera2Source | V4l2Source, size: Size = STREAM, **more: Any) -> Iterator[Any]:
    camera = create(CameraSettings(source=source, size=size, frame_rate=RATE, **more), Wake())
    camera.open()
    try:
        yield camera
    finally:
        camera.close()


def frames(camera: Any, count: int) -> Frame:
    """The last of `count` frames."""
    frame: Frame | None = None
    for _ in range(count):
        frame = camera.read(5.0)
        assert frame is not None, "no frame within 5 s"
    assert frame is not None
    return frame


# what a camera does


def stream(source: Picamera2Source) -> str:
    with opened(source) as camera:
        first = time.monotonic()
        frames(camera, RATE)
        start, cpu = time.monotonic(), time.process_time()
        frame = frames(camera, 3 * RATE)
        rate = 3 * RATE / (time.monotonic() - start)
        cost = (time.process_time() - cpu) / (3 * RATE) * 1000
        picture = frame.picture(PictureSpec())
        height, width, _ = simplejpeg.decode_jpeg(picture.jpeg).shape
        age = (time.time_ns() - frame.ts_ns) / 1e6
        assert (width, height) == STREAM or camera.notes, f"{width}x{height}"
        assert 0.85 * RATE < rate < 1.15 * RATE, f"{rate:.1f} frames a second instead of {RATE}"
        assert 0 < age < 1000, f"a frame is {age:.0f} ms old"
        assert frame.planes is not None
        notes = f"; {'; '.join(camera.notes)}" if camera.notes else ""
        return (
            f"{width}x{height}, {rate:.1f} fps, {cost:.1f} ms CPU a frame, age {age:.0f} ms, "
            f"luma {frame.planes[0].min()} to {frame.planes[0].max()}, settled in {start - first:.1f} s{notes}"
        )


def readings(source: Picamera2Source) -> str:
    with opened(source) as camera:
        metadata = frames(camera, RATE).metadata
        return ", ".join(f"{one.name} {one.value(metadata)}" for one in readings_in(metadata)) or "none"


def every_control(source: Picamera2Source | V4l2Source, controls: tuple[Control, ...]) -> str:
    """Both ends of every number, every option, both sides of every switch; frames have to go on."""
    with opened(source) as camera:
        done, refused = 0, []
        for control in controls:
            for value in (*trials(control), control.default):
                if value is None:
                    continue
                try:
                    camera.apply({control.name: value})
                    done += 1
                except InvalidValue as error:
                    refused.append(f"{control.name}={value}: {error.message}")
                if control.name not in ("ExposureTime", "FrameRate"):
                    frames(camera, 1)
        frames(camera, 3)
        return f"{done} values of {len(controls)} controls" + (
            f"; refused: {'; '.join(refused)}" if refused else ""
        )


def trials(control: Control) -> tuple[Value, ...]:
    match control.kind:
        case Switch():
            return (True, False)
        case Choice(options):
            return options
        case Number() as number if control.name in ("ExposureTime", "FrameRate"):
            return (min(number.maximum, 10_000), max(number.minimum, 1))
        case Number() as number:
            return (number.minimum, number.maximum)
        case Vector() as vector:
            return ((vector.element.minimum,) * vector.length,)
    return ()


def exposure(source: Picamera2Source, names: set[str]) -> str:
    if "ExposureTime" not in names:
        return "not offered"
    with opened(source) as camera:
        seen = []
        for wanted in (10_000, 200_000):
            camera.apply({"ExposureTime": wanted, "AnalogueGain": 2.0})
            metadata = frames(camera, 12).metadata
            got, gain = metadata["ExposureTime"], metadata["AnalogueGain"]
            assert isinstance(got, int)
            assert isinstance(gain, float)
            assert abs(got - wanted) < 0.05 * wanted, f"{got} µs instead of {wanted}"
            assert abs(gain - 2) < 0.3, f"gain {gain:.2f} instead of 2"
            seen.append(f"{wanted} -> {camera.applied.get('ExposureTime')}")
        camera.apply({"ExposureTime": 0, "AnalogueGain": 0})
        frames(camera, 20)
        return ", ".join(seen)


def zoom(source: Picamera2Source, names: set[str]) -> str:
    if "Zoom" not in names:
        return "not offered"
    with opened(source) as camera:
        camera.apply({"Zoom": 2.0})
        frames(camera, 10)
        got = camera.applied.get("Zoom")
        assert isinstance(got, float), "the frames do not tell their crop"
        assert abs(got - 2) < 0.1, f"zoom {got} instead of 2"
        return f"{got}"


def autofocus(source: Picamera2Source, names: set[str]) -> str:
    if "AfMode" not in names:
        return "no lens that moves"
    with opened(source) as camera:
        frames(camera, 5)
        camera.apply({"AfTrigger": "Start"})
        end = time.monotonic() + 6
        while (state := frames(camera, 1).metadata.get("AfState")) not in (2, 3):
            assert time.monotonic() < end, f"still in state {state} after 6 s"
        assert state == 2, "no focus was found; is there anything in front of the camera?"
        return f"lens at {camera._metadata.get('LensPosition')} dioptres"  # noqa: SLF001 - a look inside


def turned(source: Picamera2Source) -> str:
    with opened(source, rotation=180) as camera:
        frames(camera, 3)
        return str(camera._camera.camera_configuration()["transform"])  # noqa: SLF001


def still(source: Picamera2Source) -> str:
    with opened(source) as camera:
        frames(camera, 5)
        start = time.monotonic()
        picture = camera.capture_still(90)
        took = time.monotonic() - start
        frames(camera, 5)
        return f"{picture.width}x{picture.height}, {len(picture.jpeg) / 1e6:.1f} MB, {took:.1f} s; the stream goes on"


def sizes(source: Picamera2Source, found: AttachedCamera) -> str:
    seen = []
    for width, height in sorted({*found.sizes, (640, 480), (1920, 1080)}):
        with opened(source, Size(width // 2 * 2, height // 2 * 2)) as camera:
            frame = frames(camera, 2)
            seen.append(
                f"{frame.width}x{frame.height}" + (f" ({'; '.join(camera.notes)})" if camera.notes else "")
            )
    return ", ".join(seen)


def small_stream(source: Picamera2Source) -> str:
    with opened(source.model_copy(update={"lores_size": Size(320, 240)})) as camera:
        lores = frames(camera, 3).metadata.lores  # type: ignore[attr-defined]
        assert lores is not None
        return "x".join(map(str, reversed(lores[0].shape)))


def descriptors() -> int:
    """Files that this process has open."""
    gc.collect()
    count = 0
    for number in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(number)
            count += 1
    return count


def reopening(source: Picamera2Source) -> str:
    start = 0
    for count in range(12):
        with opened(source) as camera:
            frames(camera, 1)
        start = descriptors() if count == 1 else start
    assert descriptors() == start, f"{descriptors() - start} file descriptors are left"
    return "12 times, nothing left behind"


def busy(source: Picamera2Source) -> str:
    with opened(source) as camera:
        frames(camera, 1)
        code = f"import sys; sys.path[:0] = {sys.path!r}; import runpy; runpy.run_path({__file__!r}, run_name='busy')"
        run = subprocess.run(
            [sys.executable, "-c", code, str(source.camera)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "in use" in run.stdout, f"a second process got it: {run.stdout} {run.stderr[-300:]}"
        frames(camera, 3)
        return run.stdout.strip()


def two_at_once(first: Picamera2Source, second: Picamera2Source) -> str:
    with opened(first) as one, opened(second) as other:
        for _ in range(RATE):
            frames(one, 1)
            frames(other, 1)
    return f"{first.camera} and {second.camera}"


# all of it


def check_camera(found: AttachedCamera) -> None:
    source, names = Picamera2Source(camera=found.id), {control.name for control in found.controls}
    say(f"\n{found.id}: {found.model}, {len(found.controls)} controls")
    for name, test, *more in (
        ("stream", stream),
        ("readings", readings),
        ("exposure", exposure, names),
        ("zoom", zoom, names),
        ("autofocus", autofocus, names),
        ("every control", every_control, found.controls),
        ("upside down", turned),
        ("small stream", small_stream),
        ("still picture", still),
        ("sizes", sizes, found),
        ("opening again", reopening),
        ("in use", busy),
    ):
        check(name, test, source, *more)


def check_usb(found: AttachedCamera) -> None:
    say(f"\n{found.id}: {found.model}, {len(found.controls)} controls")
    check("every control", every_control, V4l2Source(device=found.id), found.controls)


def main(wanted: list[str]) -> int:
    model = Path("/proc/device-tree/model")
    say(model.read_text(encoding="utf-8").strip("\0\n") if model.exists() else "this is no Raspberry Pi")
    memory = Path("/proc/meminfo")
    lines = memory.read_text(encoding="utf-8").splitlines() if memory.exists() else []
    say(", ".join(" ".join(line.split()) for line in lines if line.startswith(("MemTotal", "Cma"))))
    found = [camera for camera in attached() if not wanted or camera.id in wanted or camera.model in wanted]
    usb = [camera for camera in attached_usb() if not wanted or camera.id in wanted or camera.model in wanted]
    if not found and not usb:
        say("no camera; `mqttcam cameras` lists those that there are")
        return 1
    for camera in found:
        check_camera(camera)
    if len(found) > 1:
        check("two at once", two_at_once, *(Picamera2Source(camera=camera.id) for camera in found[:2]))
    for camera in usb:
        check_usb(camera)
    say(f"\n{len(_failed)} checks failed: {', '.join(_failed)}" if _failed else "\nall is well")
    return 1 if _failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
elif __name__ == "busy":
    try:
        with opened(Picamera2Source(camera=sys.argv[1])):
            say("opened")
    except SourceError as in_use:
        say(str(in_use))
