"""How `pytest -n 2` distributes the tests: by file, and by folder where the tests share something large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

GROUPS = (
    "tests/home_assistant/",  # one Home Assistant
    "tests/virtual_pi/",  # one chroot
    "tests/outputs/kafka/",  # one Kafka
    "tests/node_red/",  # one Node-RED
)
"""Folders that one worker runs alone. They take the longest, so they start first."""

_AHEAD = 2
"""Tests; a worker that has no more of them is given another group, as it runs a test only once it knows the next."""


def group(nodeid: str) -> str:
    """Return the folder of `GROUPS` that contains a test, or its file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in GROUPS if file.startswith(folder)), file)


def longest_first(items: list[pytest.Item]) -> None:
    """Move the tests of `GROUPS` to the front; the others keep their order."""
    items.sort(key=lambda item: group(item.nodeid) not in GROUPS)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Assigns groups of tests to workers in the order of collection.

    When a worker crashes, the test that it was running has failed, and the others of its groups run in other workers.
    With xdist's own scheduling, the test would run again and crash the next worker, and a worker that is still
    collecting would be given tests that it never runs, so that the run does not end.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

    def remove_node(self, node: WorkerController) -> str | None:
        """Return the test during which a worker has crashed; None if it has ended as it should."""
        groups: dict[str, dict[str, bool]] = self.assigned_work.pop(node)
        unfinished = [(name, test) for name, tests in groups.items() for test in tests if not tests[test]]
        if not unfinished:
            return None
        name, crashed = unfinished[0]
        groups[name][crashed] = True
        self.workqueue.update({name: tests for name, tests in groups.items() if not all(tests.values())})
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def _reschedule(self, node: WorkerController) -> None:
        """Assign groups to a worker until it knows that there is a next test for it, or none."""
        if node not in self.registered_collections:
            return  # it is collecting, and gets some later
        super()._reschedule(node)
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) <= _AHEAD:
            super()._reschedule(node)
