"""The generated parts of the documentation are what the program says now."""

from __future__ import annotations

import pytest

from tests.docs.markdown import PAGES, filled, generated, name_of
from tests.docs.tables import parts


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    return parts()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_it_is_up_to_date(page: object, known: dict[str, str]) -> None:
    """Where this fails: `python -m tests.docs`."""
    text = page.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert text == filled(text, known)


def test_every_part_stands_on_one_page(known: dict[str, str]) -> None:
    found = [name for page in PAGES for name in generated(page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(known)
