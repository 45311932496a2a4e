"""The pictures of the documentation can be taken, and are small enough."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pictures import IMAGES, LARGEST, take_live_page
from tests.support.left_out import leave_out
from tests.web.browser import browsing


@pytest.mark.parametrize("name", ["live-page.png", "home-assistant.png"])
def test_they_are_small(name: str) -> None:
    assert 10_000 < (IMAGES / name).stat().st_size < LARGEST


@pytest.mark.browser
def test_the_live_page_can_be_taken_again(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        leave_out("ffmpeg is not installed")
    with browsing() as page:
        take_live_page(page, tmp_path / "live-page.png")
    assert 10_000 < (tmp_path / "live-page.png").stat().st_size < LARGEST
