"""Passing on the video of a source, without decoding it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from mqttcam.camera.frame import CaptureSession
from mqttcam.camera.latest_group import LatestGroup
from mqttcam.camera.source_calls import call_soon
from mqttcam.camera.source_video import SourceVideo
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_audio import CameraAudio
from mqttcam.video.time_stamps import TimeStamps
from mqttcam.video.unit import CLOCK, Unit

_MAX_REORDERED = 3
"""Pictures between two keyframes whose time goes back, which one jump of a clock does not explain."""
_B_FRAMES = "its video has B-frames, whose order in time differs from that in the stream"


class PassThrough:
    """Makes units of a source's packets; on the loop.

    Attributes:
        encoder: the offer's, "copy" or "picamera2".
        dropped: packets that were left out.
        max_delay: seconds that packets may be held back, to be used together.
        group: what has been delivered since the last keyframe; None if the source makes one on request.
    """

    def __init__(
        self,
        video: SourceVideo,
        settings: VideoSettings,
        time_stamps: TimeStamps,
        audio: CameraAudio,
        deliver: Callable[[PassThrough, Unit, CaptureSession], None],
        fail: Callable[[PassThrough, str], None],
    ) -> None:
        """Do nothing yet.

        Args:
            audio: is attached to the units.
        """
        self.video = video
        self._audio = audio
        self.encoder: str | None = video.offer.encoder
        self.dropped = 0
        self.max_delay = 0.0
        self.group: LatestGroup[Unit] | None = LatestGroup() if self.encoder == "copy" else None
        self._held: deque[tuple[VideoPacket, int]] = deque()
        self.time_stamps = time_stamps
        self._settings = settings
        self._deliver = deliver
        self._fail = fail
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._newest_pts_ns = 0
        self._reordered = 0

    def start(self) -> None:
        """Have packets delivered from the next keyframe on."""
        self.video.start(self._settings, self._take).add_done_callback(self._started)

    def stop(self) -> None:
        """Stop receiving packets."""
        self._stopped = True
        self.video.stop()

    def request_keyframe(self) -> None:
        """Request a keyframe of the source, which network cameras do not grant."""
        self.video.request_keyframe()

    def _started(self, result: asyncio.Future[None]) -> None:
        problem = None if result.cancelled() else result.exception()
        if problem is not None and not self._stopped:
            self._fail(self, str(problem))

    def _take(self, packet: VideoPacket) -> None:
        """Take a packet; in a thread of the source."""
        now = time.monotonic_ns()
        self._held.append((packet, now))
        try:
            waited = now - self._held[0][1]
        except IndexError:  # the loop has just taken all
            return
        if waited / 1e9 >= self.max_delay:
            call_soon(self._loop, self._use_held)

    def _use_held(self) -> None:
        while self._held and not self._stopped:
            self._use(*self._held.popleft())

    def _use(self, packet: VideoPacket, arrived: int) -> None:
        if self._is_reordered(packet):
            return
        pts = self.time_stamps.next_by_source(packet.pts_ns, packet.ts_ns, arrived)
        unit = Unit(
            packet.data, pts, packet.ts_ns, packet.is_keyframe, packet.width, packet.height, packet.codec
        )
        unit = self._audio.attach(unit, packet.pts_ns)
        if self.group is not None:
            size = len(unit.data) + unit.audio_memory
            self.group.add(unit, size, unit.pts / CLOCK, is_keyframe=unit.is_keyframe)
        self._deliver(self, unit, self.video.session)

    def _is_reordered(self, packet: VideoPacket) -> bool:
        """Return whether to leave out a packet whose time lies before that of another one; give up after a few."""
        if packet.is_keyframe:
            self._reordered = 0
        elif packet.pts_ns is not None and packet.pts_ns < self._newest_pts_ns:
            self._reordered += 1
            self.dropped += 1
            if self._reordered == _MAX_REORDERED:
                self._fail(self, _B_FRAMES)
            return True
        self._newest_pts_ns = packet.pts_ns or 0
        return False
