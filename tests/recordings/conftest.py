"""Recorders of tests, closed at their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.rig import MakeRig, Rig


@pytest.fixture
async def make_rig(tmp_path: Path) -> AsyncIterator[MakeRig]:
    """Return a function that makes a recorder with these settings."""
    rigs: list[Rig] = []

    def make(path: Path = tmp_path / "recordings", **settings: Any) -> Rig:
        rigs.append(Rig(path, **settings))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.recorder.close()
