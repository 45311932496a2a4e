"""What is lost when the process is killed; more moments: `python -m tests.recordings.kills`."""

from __future__ import annotations

import pytest

from tests.recordings.kills import MOST_LOST, kills

pytest.importorskip("av")

BUSY = 0.5
"""Seconds by which the thread of a busy machine may be late."""


@pytest.mark.parametrize(("audio", "count"), [(False, 3), (True, 2)])
def test_no_file_is_dead_and_little_is_lost(audio: bool, count: int) -> None:
    for result in kills(count, seed=11, audio=audio):
        assert not result.dead, result
        assert result.lost <= MOST_LOST + BUSY, result
