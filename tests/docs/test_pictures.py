"""The pictures of the documentation can be taken, and are small enough."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pictures import IMAGES, LARGEST, take_live_page, take_overview, take_views, take_zones
from tests.docs.view_pictures import VIEWS
from tests.support.left_out import leave_out
from tests.web.browser import Page, browsing


@pytest.mark.parametrize("name", ["overview.png", "live-page.png", "zones.png", "home-assistant.png", *VIEWS])
def test_they_are_small(name: str) -> None:
    assert 10_000 < (IMAGES / name).stat().st_size < LARGEST


@pytest.mark.browser
@pytest.mark.parametrize("take", [take_overview, take_live_page, take_zones])
def test_those_of_the_page_can_be_taken_again(tmp_path: Path, take: Callable[[Page, Path], None]) -> None:
    if shutil.which("ffmpeg") is None:
        leave_out("ffmpeg is not installed")
    with browsing() as page:
        take(page, tmp_path / "page.png")
    assert 10_000 < (tmp_path / "page.png").stat().st_size < LARGEST


@pytest.mark.browser
def test_those_of_the_other_views_can_be_taken_again(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        leave_out("ffmpeg is not installed")
    with browsing() as page:
        take_views(page, tmp_path)
    for name in VIEWS:
        assert 10_000 < (tmp_path / name).stat().st_size < LARGEST, name
