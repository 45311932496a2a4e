"""A process that is killed while it writes a picture; `python -m tests.series.kills --all` does that at each step."""

from __future__ import annotations

import pytest

from tests.series.kills import kill, some

pytest.importorskip("av")


@pytest.mark.parametrize(("kind", "step"), list(some(4, seed=3)))
def test_nothing_is_torn_or_missing_or_there_twice(kind: str, step: int) -> None:
    assert kill(kind, step) is None
