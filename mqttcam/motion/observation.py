"""What the motion detector sees in one picture, as a view for adjusting zones, masks and thresholds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from mqttcam.camera.frame import Frame
from mqttcam.motion.areas import ZoneScores
from mqttcam.motion.background import Background, Box, Motion
from mqttcam.motion.shown_cells import MOVES


class Finding(StrEnum):
    """The result for a picture.

    Attributes:
        LEARNING: not known yet, as the background is still being learned.
        CUT_OFF: not known, as a part of the picture was not received.
        STILL: nothing moves.
        LIGHT: much differs, but the light or the camera has changed, or the next picture decides.
        BELOW: something moves, but less than the thresholds.
        PAUSE: something moves, but within the pause after an event.
        MOTION: something moves, and it counts.
    """

    LEARNING = "learning"
    CUT_OFF = "cut_off"
    STILL = "still"
    LIGHT = "light"
    BELOW = "below"
    PAUSE = "pause"
    MOTION = "motion"


class Observation(Struct, frozen=True):
    """The analysis of one picture in detail.

    Attributes:
        ts_ns: capture time of the frame, Unix nanoseconds.
        seq: the frame's number.
        score: how much of the picture moves, in percent of what is not masked, whether or not it counts.
        box: the bounding box of all that moves; `None` if nothing moves.
        zones: the zones in which something moves, armed or not, the one with the highest score first.
        columns: the number of cells in a row.
        cells: as returned by `shown_cells`, row by row from the top left; empty if it was not compared.
    """

    ts_ns: int
    seq: int
    finding: Finding
    score: float
    box: Box | None
    zones: ZoneScores
    columns: int
    cells: bytes


def observation(
    frame: Frame, background: Background, found: Motion, counting: Motion, *, pausing: bool
) -> Observation:
    """Return the analysis of a frame in detail.

    Args:
        background: updated with the frame while it was `observed`.
        found: all motion in the frame.
        counting: what of it counts.
        pausing: whether no other event begins now.
    """
    cells = background.shown
    finding = Finding.MOTION
    if not background.settled:
        finding = Finding.LEARNING
    elif cells is None:
        finding = Finding.CUT_OFF
    elif found.box is None:
        finding = Finding.LIGHT if (cells == MOVES).any() else Finding.STILL
    elif counting.box is None:
        finding = Finding.PAUSE if pausing else Finding.BELOW
    columns, data = (0, b"") if cells is None else (cells.shape[1], cells.tobytes())
    return Observation(frame.ts_ns, frame.seq, finding, found.score, found.box, found.zones, columns, data)
