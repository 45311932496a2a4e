"""One browser for all tests that look at the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.browser import Page, browsing

_EXPECTED = re.compile(r"status of (40[01]|503)|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE")
"""What the console says when a test has a value, a command or a password refused, or the daemon stopped."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser with a screen of the usual size; no script fails in it, and no policy is violated."""
    browser.look()
    browser.size(1440, 900)
    browser.complaints()
    yield browser
    complaints = [text for text in browser.complaints() if not _EXPECTED.search(text)]
    browser.open("about:blank")
    assert not complaints
