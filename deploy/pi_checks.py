"""The checks of `check-pi.py`: functions that return a description of what they found, or raise."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from pi_masks import masked_still
from pi_raw import raw, still_of_the_stream
from pi_streams import colour_spaces, configured_photo, formats, sensor_modes, tuning_file
from pi_subject import RATE, NotOffered, Subject, coarse, correlation, frames, luma, middle_of, with_notes
from usb_checks import usb_video

from mqttcam.camera.control import Control
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.metadata_fields import fields_in
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.settings import Size
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Choice, InvalidValue, Number, Rectangle, Switch, Value, Vector

SCRIPT, JUST_OPEN = Path(__file__).with_name("check-pi.py"), "--just-open"
CORNERS = ("top left", "top right", "bottom left", "bottom right")


# the stream


def stream(subject: Subject) -> str:
    with subject.opened() as camera:
        frames(camera, RATE)
        start, cpu = time.monotonic(), time.process_time()
        for _ in range(3 * RATE):
            frame = frames(camera, 1)
            picture = frame.picture(PictureSpec())
        rate = 3 * RATE / (time.monotonic() - start)
        cost = (time.process_time() - cpu) / (3 * RATE) * 1000
        age = (time.time_ns() - frame.ts_ns) / 1e6
        height, width, _ = simplejpeg.decode_jpeg(picture.jpeg).shape
        assert (width, height) == (frame.width, frame.height), f"a JPEG is {width}x{height}"
        assert 0.85 * RATE < rate < 1.15 * RATE, f"{rate:.1f} frames per second instead of {RATE}"
        assert 0 < age < 1000, f"a frame is {age:.0f} ms old"
        y = simplejpeg.decode_jpeg(picture.jpeg, colorspace="GRAY")
        seen = f"{width}x{height}, {rate:.1f} fps, {cost:.1f} ms CPU per JPEG, age {age:.0f} ms"
        return with_notes(camera, f"{seen}, luma {y.min()} to {y.max()}")


def readings(subject: Subject) -> str:
    with subject.opened() as camera:
        metadata = frames(camera, RATE).metadata
        found = fields_in(metadata)
        return ", ".join(f"{one.name} {one.value(metadata)}" for one in found) or "none"


def sizes(subject: Subject) -> str:
    seen = []
    for width, height in sorted({*subject.found.sizes, (640, 480), (1920, 1080)}):
        with subject.opened(Size(width // 2 * 2, height // 2 * 2)) as camera:
            frame = frames(camera, 2)
            seen.append(with_notes(camera, f"{frame.width}x{frame.height}"))
    return ", ".join(seen)


def much_memory(subject: Subject) -> str:
    with subject.opened(Size(*max(subject.found.sizes)), buffers=16) as camera:
        frame = frames(camera, 3)
        return with_notes(camera, f"{frame.width}x{frame.height}, 16 buffers")


def small_stream(subject: Subject) -> str:
    with subject.opened(lores_size=Size(320, 240)) as camera:
        lores = frames(camera, 3).lores
        assert lores is not None
        return "x".join(map(str, reversed(lores[0].shape)))


def still(subject: Subject) -> str:
    with subject.opened() as camera:
        frames(camera, 5)
        start = time.monotonic()
        picture = camera.take_still().frame.picture(PictureSpec(90))
        took = time.monotonic() - start
        frames(camera, 5)
        wanted = max(subject.found.sizes)
        assert (picture.width, picture.height) == wanted, f"{picture.width}x{picture.height}, not {wanted}"
        size = f"{picture.width}x{picture.height}, {len(picture.jpeg) / 1e6:.1f} MB"
        return f"{size}, {took:.1f} s; the stream continues"


# the controls


def every_control(subject: Subject) -> str:
    """Set the minimum and maximum of numbers, every option and both states of switches; frames must still come."""
    with subject.opened() as camera:
        done, refused = 0, []
        for control in subject.found.controls:
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
        notes = f"; refused: {'; '.join(refused)}" if refused else ""
        return f"{done} values of {len(subject.found.controls)} controls{notes}"


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
        case Rectangle(bounds=bounds):
            return (bounds,)
    return ()


def exposure(subject: Subject) -> str:
    """Set an exposure, and one that is longer than a frame; compare with the metadata of the frames."""
    subject.needs("ExposureTime")
    with subject.opened() as camera:
        seen = []
        for wanted in (10_000, 200_000):
            camera.apply({"ExposureTime": wanted, "AnalogueGain": 2.0})
            metadata: Any = frames(camera, 12).metadata
            got, gain = metadata["ExposureTime"], metadata["AnalogueGain"]
            assert abs(got - wanted) < 0.05 * wanted, f"{got} µs instead of {wanted}"
            assert abs(gain - 2) < 0.3, f"gain {gain:.2f} instead of 2"
            seen.append(f"{wanted} -> {got} µs")
        return ", ".join(seen)


def high_dynamic_range(subject: Subject) -> str:
    if not subject.found.model.startswith("imx708"):
        subject.needs("HdrMode")
    try:
        with subject.opened(hdr=True) as camera:
            frame = frames(camera, RATE)
            return with_notes(
                camera, f"{frame.width}x{frame.height}, HdrMode {frame.metadata.get('HdrMode')}"
            )
    finally:
        with subject.opened(hdr=False) as camera:  # the sensor keeps its mode
            frames(camera, 1)


def zoom(subject: Subject) -> str:
    return zoomed_corner(subject, 0)


def zoom_upside_down(subject: Subject) -> str:
    return zoomed_corner(subject, 180)


def zoomed_corner(subject: Subject, rotation: int) -> str:
    """Zoom in on the top left corner, and compare with the whole picture."""
    subject.needs("Zoom")
    with subject.opened(rotation=rotation) as camera:
        whole = luma(camera, RATE)
        camera.apply({"Zoom": 2.0, "Pan": -1.0, "Tilt": -1.0})
        close = luma(camera, RATE)[::2, ::2]
        parts = corners_of(whole)
        if min(part.std() for part in parts) < 5:
            raise NotOffered("detail in every corner: point the camera at something else")
        found = [float(np.corrcoef(part.ravel(), close.ravel())[0, 1]) for part in parts]
        seen = CORNERS[int(np.argmax(found))]
        assert seen == CORNERS[0], f"it shows the {seen} corner instead of the {CORNERS[0]} one"
        return f"the {seen} corner, correlation {found[0]:.0%}"


def corners_of(picture: Any) -> list[Any]:
    """Return the quarters of a picture, in the order of `CORNERS`."""
    height, width = (side // 2 for side in picture.shape)
    return [picture[y : y + height, x : x + width] for y in (0, height) for x in (0, width)]


def zoomed_still(subject: Subject) -> str:
    """Take a still picture while zoomed; it must show the zoomed part, and the stream must stay zoomed."""
    subject.needs("Zoom")
    with subject.opened() as camera:
        whole = luma(camera, RATE)
        camera.apply({"Zoom": 2.0, "Pan": 0.0, "Tilt": 0.0})
        close = luma(camera, RATE)
        if correlation(whole, close) > 0.8:
            raise NotOffered("detail in the middle: point the camera at something else")
        picture = camera.take_still().frame.picture(PictureSpec(90))
        taken = simplejpeg.decode_jpeg(picture.jpeg, colorspace="GRAY")[..., 0].astype(np.float32)
        taken = middle_of(taken, close.shape)  # with another aspect ratio, it shows more
        after = luma(camera, RATE)
        for name, seen in (("the still", taken), ("the stream after it", after)):
            near, far = correlation(seen, close), correlation(seen, whole)
            assert near > far, (
                f"{name} is not zoomed: correlation {near:.0%}, with the whole picture {far:.0%}"
            )
        zoom = camera.applied["Zoom"]
        assert abs(zoom - 2) < 0.1, f"zoom {zoom} after the still instead of 2"
        return f"{picture.width}x{picture.height}, correlation {correlation(taken, close):.0%}; zoom {zoom} holds"


def autofocus(subject: Subject) -> str:
    subject.needs("AfMode")
    with subject.opened() as camera:
        return f"lens at {focus(camera)[0]:.2f} dioptres"


def focus_upside_down(subject: Subject) -> str:
    """Focus on windows in a picture that is turned; the part in the window must be the sharpest."""
    subject.needs("AfWindows")
    with subject.opened(rotation=180) as camera:
        left, top, width, height = camera._camera.camera_controls["ScalerCrop"][1]  # noqa: SLF001
        half = (width // 2, height // 2)
        camera.apply({"AfMetering": "Windows", "AfWindows": (left, top, *half)})
        at_first, first = focus(camera)
        camera.apply({"AfWindows": (left + half[0], top + half[1], *half)})
        at_last, last = focus(camera)
        if abs(at_first - at_last) < 0.3:
            raise NotOffered("something nearer in one corner than in the opposite one: move the camera")
        assert first[0] > last[0], "the window at the top left focuses on another corner"
        assert last[3] > first[3], "the window at the bottom right focuses on another corner"
        return f"top left at {at_first:.2f}, bottom right at {at_last:.2f} dioptres"


def focus(camera: Any) -> tuple[float, list[float]]:
    """Focus once; return the position of the lens, and the sharpness of each corner."""
    camera.apply({"AfMode": "Auto"})
    frames(camera, 5)
    camera.apply({"AfTrigger": "Start"})
    end = time.monotonic() + 6
    while (state := (metadata := frames(camera, 1).metadata).get("AfState")) not in (2, 3):
        assert time.monotonic() < end, f"still in state {state} after 6 s"
    assert state == 2, "no focus was found; is there anything in front of the camera?"
    position: Any = metadata["LensPosition"]
    return position, [float(np.abs(np.diff(part)).mean()) for part in corners_of(luma(camera, 3))]


# opening and closing


def reopening(subject: Subject) -> str:
    counts = []
    for _ in range(12):
        with subject.opened() as camera:
            frames(camera, 1)
        counts.append(descriptors())
    assert counts[-1] == counts[1], f"{counts[-1] - counts[1]} file descriptors are left"
    return "12 times, nothing left behind"


def descriptors() -> int:
    """Return the number of open file descriptors of this process."""
    gc.collect()
    count = 0
    for number in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(number)
            count += 1
    return count


def hardware_video(subject: Subject) -> str:
    """The camera's own H.264: the first keyframe stands alone, and shows what the frames show, in their full range."""
    import av

    with subject.opened() as camera:
        if camera.video is None:
            raise NotOffered("this machine has no hardware encoder, as a Raspberry Pi 5")
        packets: list[VideoPacket] = []
        camera.start_video(VideoSettings(keyframe_interval=1), packets.append)
        frame = frames(camera, 3 * RATE)
        camera.request_keyframe()
        asked = len(packets)
        frames(camera, RATE // 2)
        camera.stop_video()
        assert packets, "no packet came"
        assert packets[0].is_keyframe, "the first packet is no keyframe"
        bare = [one for one in packets if one.is_keyframe and not parameter_sets(one.data, "h264")]
        assert not bare, f"{len(bare)} keyframes have no SPS before them"
        keyframes = sum(one.is_keyframe for one in packets[:asked])
        assert keyframes >= 2, f"{keyframes} keyframes in 3 s"
        assert any(one.is_keyframe for one in packets[asked : asked + RATE // 3]), "no keyframe on request"
        decoder = av.CodecContext.create("h264", "r")
        pictures = [picture for one in packets for picture in decoder.decode(av.Packet(one.data))]
        picture = pictures[asked - 1]
        seen = picture.reformat(
            format="gray", src_color_range=picture.color_range or 1, dst_color_range=2
        ).to_ndarray()
        difference = float(
            np.abs(coarse(seen.astype(np.float32)) - coarse(frame.planes[0].astype(np.float32))).mean()
        )
        assert difference < 8, f"its luma differs by {difference:.1f}: is the full range declared?"
        kbits = sum(len(one.data) for one in packets) * 8 / len(packets) * RATE / 1000
        return f"{len(packets)} packets, {kbits:.0f} kbit/s, luma differs by {difference:.1f}"


def in_use(subject: Subject) -> str:
    with subject.opened() as camera:
        frames(camera, 1)
        command = [sys.executable, str(SCRIPT), JUST_OPEN, subject.found.id]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert "in use" in run.stdout, f"a second process could open it: {run.stdout} {run.stderr[-300:]}"
        frames(camera, 3)
        return run.stdout.strip()


def two_at_once(first: Subject, second: Subject) -> str:
    with first.opened() as one, second.opened() as other:
        for _ in range(RATE):
            frames(one, 1)
            frames(other, 1)
    return f"{first.found.id} and {second.found.id}"


FAST = (stream, every_control, usb_video)
ALL = (
    *(stream, readings, exposure, high_dynamic_range, zoom, zoom_upside_down, autofocus),
    *(
        focus_upside_down,
        every_control,
        small_stream,
        still,
        zoomed_still,
        masked_still,
        still_of_the_stream,
        raw,
        hardware_video,
        configured_photo,
        sensor_modes,
        formats,
        colour_spaces,
        tuning_file,
        sizes,
        much_memory,
        reopening,
        in_use,
    ),
)
