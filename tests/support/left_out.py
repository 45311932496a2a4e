"""Skip tests whose requirements this machine does not meet.

The end of the run lists the reasons. In CI (`CI=true`) such tests fail instead.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import NoReturn

import pytest

PREFIX = "left out: "
RUN_AGAIN = "run again"
"""The name of the property (`record_property`) with which a test reports that it repeated something."""


def leave_out(reason: str) -> NoReturn:
    """Skip the test, or the tests of the fixture, that calls this; in CI, fail them."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"in CI nothing may be left out: {reason}", pytrace=False)
    pytest.skip(PREFIX + reason)


def summary(reports: list[pytest.TestReport]) -> list[str]:
    """Return one line per reason, with the number of tests that were skipped for it."""
    reasons: Counter[str] = Counter()
    for report in reports:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if PREFIX in text:
            reasons[text.partition(PREFIX)[2]] += 1
    return [f"{count} tests: {reason}" for reason, count in sorted(reasons.items())]


def repeated(reports: list[pytest.TestReport]) -> list[str]:
    """Return what tests repeated, one line for each time."""
    return [str(value) for report in reports for name, value in report.user_properties if name == RUN_AGAIN]
