"""The audio of one camera, which its units of video carry to all their readers."""

from __future__ import annotations

from collections import deque

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat, AudioPacket
from mqttcam.camera.source_audio import SourceAudio
from mqttcam.video.aac import silent_frame
from mqttcam.video.unit import CLOCK, AudioFrame, Unit

_MAX_WAITING = 1024
"""Packets that wait for the video of their time, at most: those of ten seconds or more."""
_MAX_OFFSET = 5_000_000_000
"""Nanoseconds between audio and video that came one after the other; beyond that, their clocks have jumped."""
_LONGEST_GAP = 10 * CLOCK
"""Beyond that, the audio goes on without what is missing."""
_FIRST_LATENESS, _MAX_LATENESS = CLOCK // 4, 3 * CLOCK
"""How late audio may come before silence takes its place; the former grows to the latter if necessary."""


class CameraAudio:
    """Attaches audio to units of video: to each unit what was to be heard before it; lives on the event loop.

    The audio of all units has no gaps, as muxers and players wait for audio that is missing: silence takes its place.

    Attributes:
        source: where it comes from; None for a camera without sound.
    """

    def __init__(self) -> None:
        self.source: SourceAudio | None = None
        self._waiting: deque[AudioPacket] = deque()
        self._format: AudioFormat | None = None
        self._next: int | None = None
        self._frame = 0
        self._lateness = _FIRST_LATENESS
        self._filled = False

    def use(self, source: SourceAudio | None) -> None:
        """Take the audio of another source, or of another opening of it; None for none."""
        if source is self.source:
            return
        if self.source is not None:
            self.source.stop()
        self.source = source
        # Another one, as the thread of the last source may still have packets.
        self._waiting = deque(maxlen=_MAX_WAITING)
        if source is None:
            return
        if source.format != self._format:
            self._format, self._lateness = source.format, _FIRST_LATENESS
            self._frame = FRAME_SAMPLES * CLOCK // source.format.rate
            silent_frame(source.format)
        source.start(self._waiting.append)

    def restart(self) -> None:
        """Begin with the next unit, whose time stamps may be anywhere."""
        self._next = None

    def attach(self, unit: Unit, pts_ns: int | None) -> Unit:
        """Return a unit with its audio.

        Args:
            pts_ns: the time of the unit by the source's clock; None if it is not known.
        """
        if self.source is None:
            return unit
        if self._next is None or abs(unit.pts - self._next) > _LONGEST_GAP:
            self._next, self._filled = unit.pts, False
        frames: list[AudioFrame] = []
        waiting = self._waiting
        while waiting:
            offset_ns = _offset(waiting[0], unit, pts_ns)
            if 0 < offset_ns <= _MAX_OFFSET:
                break
            packet = waiting.popleft()
            if abs(offset_ns) <= _MAX_OFFSET:
                self._add(frames, packet.data, unit.pts + round(offset_ns * CLOCK / 1e9), unit.pts)
        self._fill(frames, unit.pts - self._lateness)
        return unit._replace(audio=tuple(frames), audio_format=self._format)

    def _add(self, frames: list[AudioFrame], data: bytes, pts: int, now: int) -> None:
        """Add a frame, unless its time has passed already."""
        assert self._next is not None
        if pts < self._next - self._frame // 2:
            if self._filled:
                self._lateness = min(_MAX_LATENESS, max(self._lateness, now - pts + self._frame))
            return
        self._fill(frames, pts + self._frame // 2)
        self._filled = False
        pts = max(pts, self._next - self._frame // 2)
        frames.append(AudioFrame(data, pts))
        self._next = pts + self._frame

    def _fill(self, frames: list[AudioFrame], until: int) -> None:
        """Add silence for what is missing before a time."""
        assert self._next is not None
        assert self._format is not None
        while self._next + self._frame <= until:
            frames.append(AudioFrame(silent_frame(self._format), self._next))
            self._next += self._frame
            self._filled = True


def _offset(packet: AudioPacket, unit: Unit, pts_ns: int | None) -> int:
    """Return how much later than a unit a packet begins, in nanoseconds."""
    if pts_ns is not None and packet.pts_ns is not None:
        offset = packet.pts_ns - pts_ns
        if abs(offset) <= _MAX_OFFSET:
            return offset
    return packet.ts_ns - unit.ts_ns
