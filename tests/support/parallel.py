"""How `pytest -n 2` distributes the tests: by file, and by folder where the tests share something large."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

GROUPS = (
    "tests/home_assistant/",  # one Home Assistant
    "tests/virtual_pi/",  # one chroot
    "tests/outputs/kafka/",  # one Kafka
    "tests/node_red/",  # one Node-RED
)
"""Folders that one worker runs alone. They take the longest, so they start first."""


def group(nodeid: str) -> str:
    """Return the folder of `GROUPS` that contains a test, or its file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in GROUPS if file.startswith(folder)), file)


def longest_first(items: list[pytest.Item]) -> None:
    """Move the tests of `GROUPS` to the front; the others keep their order."""
    items.sort(key=lambda item: group(item.nodeid) not in GROUPS)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Assigns groups of tests to workers in the order of collection."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
