"""How `pytest -n 2` shares the tests out: whole files, and whole folders where the tests share something big."""

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
"""Folders that one worker runs alone. They take longest, so they start first."""


def group(nodeid: str) -> str:
    """Return the folder of `GROUPS` that a test is in, or its file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in GROUPS if file.startswith(folder)), file)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests of `GROUPS` to the front; the others keep their order."""
    items.sort(key=lambda item: group(item.nodeid) not in GROUPS)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker one group of tests after the other, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
