"""For all test folders: a note on what was left out, and the log of the daemon beside a failed test."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator

import pytest

from tests.support.daemon import Daemon
from tests.support.devices import device, make_device, running, store
from tests.support.left_out import summary

__all__ = ["device", "make_device", "running", "store"]  # fixtures

_LOG_TAIL = 6000


@pytest.fixture(autouse=True)
def _log_level_as_it_was() -> Iterator[None]:
    """A test that starts a daemon in this process sets it for all that follow."""
    ours = logging.getLogger("mqttcam")
    level = ours.level
    yield
    ours.setLevel(level)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of each running daemon's log where a test fails."""
    report = yield
    if report.failed:
        for daemon in Daemon.running:
            report.sections.append((f"log of the daemon in {daemon.directory.name}", daemon.log[-_LOG_TAIL:]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of the run what was left out, and why."""
    if lines := summary(terminalreporter.stats.get("skipped", [])):
        terminalreporter.section("left out")
        for line in lines:
            terminalreporter.line(line)
