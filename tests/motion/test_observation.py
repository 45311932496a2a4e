"""The analysis of each picture in detail, for those who watch it."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.imaging.raster import Plane
from mqttcam.motion.areas import Areas
from mqttcam.motion.observation import Finding, Observation
from mqttcam.motion.shown_cells import DIFFERS, MASKED, MOVES
from tests.motion.rig import LEFT, Rig
from tests.support.motion import HEIGHT, SECOND, WIDTH


class Watched(Rig):
    """A detector that is watched.

    Attributes:
        seen: its analyses.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.seen: list[Observation] = []
        self.detector.observer = self.seen.append

    def last(self) -> Observation:
        return self.seen[-1]


def cells(observation: Observation) -> Plane:
    return np.frombuffer(observation.cells, np.uint8).reshape(-1, observation.columns)


def test_the_cells_show_what_moves_and_where() -> None:
    rig = Watched()
    rig.offer()
    assert (rig.last().finding, rig.last().columns, rig.last().cells) == (Finding.LEARNING, 0, b"")
    rig.settle()
    still = rig.last()
    assert (still.finding, still.score, still.box) == (Finding.STILL, 0, None)
    assert cells(still).shape == (HEIGHT, WIDTH)
    assert not cells(still).any()
    rig.offer(60)
    moves = rig.last()
    assert (moves.finding, moves.seq, moves.ts_ns) == (Finding.MOTION, rig.seq, rig.now)
    rows, columns = np.nonzero(cells(moves) == MOVES)
    assert moves.score == pytest.approx(100 * rows.size / (HEIGHT * WIDTH))
    assert moves.box is not None
    left, top, width, height = moves.box
    assert (columns.min(), rows.min()) == (round(left * WIDTH), round(top * HEIGHT))
    assert np.ptp(columns) + 1 == round(width * WIDTH)
    assert np.ptp(rows) + 1 == round(height * HEIGHT)


def test_each_zone_has_its_score_even_if_it_does_not_count() -> None:
    rig = Watched(zones={"left": 0.5, "right": 0.5}, threshold=50)
    rig.settle()
    rig.detector.armed = frozenset({"right"})
    rig.offer(20)
    assert rig.last().finding is Finding.BELOW
    assert [zone for zone, score in rig.last().zones if score > 5] == ["left"]
    assert rig.last().score > 2
    assert not rig.detector.active


def test_masked_cells_show_nothing_else() -> None:
    rig = Watched()
    rig.detector.configure_areas(Areas(masks=[LEFT]), {})
    rig.settle()
    rig.offer(20)
    shown = cells(rig.last())
    assert (shown[:, : WIDTH // 2] == MASKED).all()
    assert (shown[:, WIDTH // 2 + 1 :] < DIFFERS).all()
    assert rig.last().finding is Finding.STILL


def test_what_moves_without_being_motion() -> None:
    rig = Watched()
    rig.settle()
    rig.offer(60, size=50)
    assert (cells(rig.last()) == MOVES).sum() > 1000
    assert (rig.last().finding, rig.last().score) == (Finding.LIGHT, 0), (
        "so much at once: the next one decides"
    )
    rig.offer(80, size=50)
    assert rig.last().finding is Finding.MOTION


def test_a_picture_that_is_cut_off_is_not_compared() -> None:
    rig = Watched()
    rig.settle()
    rig.now += SECOND // 5
    frame = rig.frame()
    assert frame.planes is not None
    frame.planes[0][HEIGHT // 2 :] = 128
    rig.hub.publish(frame)
    assert (rig.last().finding, rig.last().columns, rig.last().cells) == (Finding.CUT_OFF, 0, b"")
    rig.offer()
    assert rig.last().finding is Finding.STILL


def test_the_pause_after_an_event() -> None:
    rig = Watched(clear_after=1, pause=60)
    rig.move()
    while rig.detector.active:
        rig.offer()
    rig.offer(100)
    assert (rig.last().finding, rig.detector.active) == (Finding.PAUSE, False)


def test_nothing_is_computed_unless_it_is_watched() -> None:
    rig = Watched()
    rig.settle()
    rig.detector.observer = None
    count = len(rig.seen)
    state = rig.detector._state
    rig.offer(60)
    assert len(rig.seen) == count
    assert state.background.shown is None
