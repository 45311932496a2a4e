"""For all test folders: parallel runs, the log of the daemon beside a failed test, and notes at the end of the run."""

from __future__ import annotations

import logging
import signal
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import pytest

from tests.support.daemon import Daemon
from tests.support.devices import device, make_device, running, store
from tests.support.left_out import RUN_AGAIN, repeated, summary
from tests.support.parallel import GroupScheduling, longest_first

__all__ = ["device", "make_device", "running", "store"]  # fixtures

_LOG_TAIL = 6000
_BROWSERS = {"browser", "any_browser"}
"""Fixtures that start one."""
_LONGEST_DATA_IN_NAMES = 40
"""Bytes of a parameter that are shown in the name of a test."""

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile(
    "mqttcam", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("mqttcam")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background job: the programs that tests start and interrupt would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Share the tests out as `tests.support.parallel` describes."""
    return GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a browser; start the longest groups first if there are several workers."""
    for item in items:
        if _BROWSERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    if hasattr(config, "workerinput"):
        longest_first(items)


@pytest.fixture(autouse=True)
def _log_level_as_it_was() -> Iterator[None]:
    """Restore the log level, which a daemon in this process sets for all tests that follow."""
    ours = logging.getLogger("mqttcam")
    level = ours.level
    yield
    ours.setLevel(level)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of each running daemon's log to the report of a failed test."""
    report = yield
    if report.failed:
        for daemon in Daemon.running:
            report.sections.append((f"log of the daemon in {daemon.directory.name}", daemon.log[-_LOG_TAIL:]))
    # Logs of file names that are not UTF-8 have surrogates, which a worker cannot send.
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections
    ]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print at the end of the run what was left out or repeated, and why."""
    stats = terminalreporter.stats
    notes = {
        "left out": summary(stats.get("skipped", [])),
        RUN_AGAIN: repeated([*stats.get("passed", []), *stats.get("failed", [])]),
    }
    for title, lines in notes.items():
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.line(line)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name data by its number: an archive has the time in it, and workers must collect the same names."""
    return argname if isinstance(val, bytes) and len(val) > _LONGEST_DATA_IN_NAMES else None
