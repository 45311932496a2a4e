"""The checks of `check-pi.py` for USB cameras alone."""

from __future__ import annotations

import time

from pi_subject import NotOffered, Subject, frames

from mqttcam.camera.sources.v4l2.attached import path_of
from mqttcam.camera.sources.v4l2.device import opened
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.settings.video import VideoSettings


def usb_video(subject: Subject) -> str:
    """A USB camera's own H.264 or H.265: it begins with a keyframe that stands alone, and can be decoded."""
    import av

    if "H264" not in formats_of(subject) and "HEVC" not in formats_of(subject):
        raise NotOffered("the camera gives no H.264 or H.265")
    with subject.opened(format="h264") as camera:
        packets: list[VideoPacket] = []
        camera.start_video(VideoSettings(), packets.append)
        frames(camera, 1)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            camera.read(0.5)
        camera.stop_video()
        assert packets, "no packet came"
        assert packets[0].is_keyframe, "the first packet is no keyframe"
        bare = [one for one in packets if one.is_keyframe and not parameter_sets(one.data, one.codec)]
        assert not bare, f"{len(bare)} keyframes have no SPS before them"
        decoder = av.CodecContext.create(packets[0].codec, "r")
        pictures = [picture for one in packets for picture in decoder.decode(av.Packet(one.data))]
        assert len(pictures) > len(packets) // 2, f"{len(pictures)} of {len(packets)} packets are pictures"
        keyframes = sum(one.is_keyframe for one in packets)
        return f"{packets[0].codec}, {len(packets)} packets in 5 s, {keyframes} keyframes"


def formats_of(subject: Subject) -> list[str]:
    """Return the formats (fourccs) of a USB camera."""
    with opened(path_of(subject.found.id)) as device:
        return device.formats()
