"""One Chromium and one Firefox for all tests of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.browser import Page, browsing
from tests.web.firefox import FirefoxPage, running_firefox

_EXPECTED = re.compile(
    r"(status of|response code:) (40[019]|422|503)|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE"
    r"|closed before receiving a handshake response"
)
"""Console errors of tests in which a request is refused or the daemon is stopped."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


@pytest.fixture(scope="package")
def firefox() -> Iterator[FirefoxPage]:
    with running_firefox() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser with a desktop screen. Fails after the test if the console has errors, such as policy violations."""
    browser.look()
    browser.size(1440, 900)
    browser.complaints()
    yield browser
    complaints = [text for text in browser.complaints() if not _EXPECTED.search(text)]
    browser.open("about:blank")
    assert not complaints
