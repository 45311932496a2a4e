"""What is lost when the process is killed; more moments: `python -m tests.recordings.kills`."""

from __future__ import annotations

import pytest

from tests.recordings.kills import MOST_LOST, kills

pytest.importorskip("av")

BUSY = 0.5
"""Seconds by which the thread of a busy machine may be late."""


def test_no_file_is_dead_and_little_is_lost() -> None:
    for result in kills(3, seed=11):
        assert not result.dead, result
        assert result.lost <= MOST_LOST + BUSY, result
