"""The films and scores with which motion detection is measured."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.motion import algorithms, all_scores, detections, print_scores, total
from tests.bench.motion_peers import PEERS, available
from tests.bench.motion_scenes import FPS, LIGHTS, WARM_UP, Label, film, names
from tests.bench.motion_scores import (
    CLEAR_AFTER,
    PAUSE,
    Score,
    begins_with_clear_after,
    begins_with_pause,
    score,
)
from tests.support.left_out import leave_out


@pytest.mark.parametrize("name", names())
def test_a_film_depends_on_nothing_but_its_seed(name: str) -> None:
    pictures = [list(film(name, "night", seed, 1).pictures()) for seed in (3, 3, 4)]
    assert len(pictures[0]) == FPS
    (seconds, first), (_, again), (_, other) = (film[-1] for film in pictures)
    assert seconds == 1 - 1 / FPS
    assert [plane.shape for plane in first] == [(480, 640), (240, 320), (240, 320)]
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("name", [name for name in names() if "movers" in name])
def test_labels_are_apart_and_after_the_warm_up(name: str, light: str) -> None:
    one = film(name, light, 5)
    first, second = one.labels
    assert first.start > WARM_UP
    assert second.start - first.start > PAUSE
    assert second.start - first.end > CLEAR_AFTER + 1
    assert second.end <= one.seconds


def test_a_label_is_the_time_in_which_something_is_visible() -> None:
    empty = np.stack([planes[0] for _, planes in film("noise", "day", 5, 12).pictures()])
    one = film("large movers, noise", "day", 5, 12)
    pictures = [(seconds, planes[0]) for seconds, planes in one.pictures()]
    still = np.median(np.stack([luma for seconds, luma in pictures if seconds < WARM_UP]), axis=0)
    assert empty.shape[0] == len(pictures)
    for seconds, luma in pictures:
        differ = np.count_nonzero(np.abs(luma - still) > 40)
        label = one.labels[0]
        if label.start + 0.5 < seconds < label.end - 0.5:
            assert differ > 1000
        elif not label.start < seconds < label.end:
            assert differ < 100


def test_events_end_after_a_time_without_motion() -> None:
    assert begins_with_clear_after([1, 2, 3, 12, 22, 40], 10) == [1, 22, 40]


def test_raspicamsrv_begins_an_event_when_the_pause_is_over() -> None:
    assert begins_with_pause([1, 2, 3, 12, 22, 40], 20) == [1, 22]


def test_a_score_counts_what_was_found_missed_and_false() -> None:
    labels = [Label(10, 15), Label(40, 44), Label(70, 75)]
    one = score([5, 11, 14, 44.5, 60], labels, 90)
    assert one == Score(found=2, missed=1, false=2, seconds=90)
    assert (one.precision, one.recall) == (0.5, 2 / 3)
    assert one.f1 == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))
    assert one.false_per_hour == 80


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    assert (Score().precision, Score().recall, Score().f1, Score().false_per_hour) == (1, 1, 1, 0)


def test_our_detection_finds_what_moves_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    usual, paused = all_scores(algorithms(["mqttcam"]), [1], ["noise", "large movers, noise"], 13)
    found = usual["mqttcam"]
    assert total(found).false == 0
    assert found["large movers, noise, day"].found == found["large movers, noise, night"].found == 1
    print_scores(usual, paused)
    assert "| large movers, noise, night | 1/2, 0 |" in capsys.readouterr().out


def test_each_peer_sees_something_large_move() -> None:
    if not available():
        leave_out("OpenCV (from sinetstream-type-image), or the libraries of the desktop that it needs")
    one = film("large movers, noise", "day", 1, 7)
    seen = detections(one, {name: make() for name, make in PEERS.items()})
    start = one.labels[0].start
    for times in seen.values():
        assert any(start <= at for at in times)
