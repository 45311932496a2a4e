"""Commands that run in this process leave its log as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from mqttcam.log import get_level, set_level


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, root_level, level = root.handlers, root.level, get_level()
    yield
    root.handlers = handlers
    root.setLevel(root_level)
    set_level(level)
