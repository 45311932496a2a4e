"""Tests that need what this machine does not have.

They are skipped, and the end of the run says so. In CI (`CI=true`) nothing may be left out: a failure there.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import NoReturn

import pytest

PREFIX = "left out: "


def leave_out(reason: str) -> NoReturn:
    """Skip the test (or fixture) that calls this, for want of something; in CI, fail."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"in CI nothing may be left out: {reason}", pytrace=False)
    pytest.skip(PREFIX + reason)


def summary(reports: list[pytest.TestReport]) -> list[str]:
    """One line a reason, with the number of tests that it cost."""
    reasons: Counter[str] = Counter()
    for report in reports:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if PREFIX in text:
            reasons[text.partition(PREFIX)[2]] += 1
    return [f"{count} tests: {reason}" for reason, count in sorted(reasons.items())]
