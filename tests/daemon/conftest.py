"""One broker, one daemon and one client per module, and more daemons on request.

A module that wants another configuration has fixtures `cameras` and `sections` of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.broker import Broker, Mosquitto
from tests.support.node import Camera
from tests.support.processes import running_children
from tests.support.rig import Launch, Rig, rig

_names = (f"n{number}" for number in itertools.count(1))


@pytest.fixture(scope="package", autouse=True)
def _no_process_left() -> Iterator[None]:
    before = set(running_children(recursive=True))
    yield
    left = [child for child in running_children(recursive=True) if child not in before]
    assert not left, f"still running: {left}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """The broker of a module."""
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(scope="module")
def cameras() -> dict[str, Any] | None:
    """The cameras of the module's daemon; `None`: `front`, a test pattern at 10 frames a second."""
    return None


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    """The other sections of its configuration."""
    return {}


@pytest.fixture(scope="module")
def shared(
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
    cameras: dict[str, Any] | None,
    sections: dict[str, Any],
) -> Iterator[Rig]:
    """The module's daemon, online, with a running camera."""
    with rig(broker, tmp_path_factory.mktemp("daemon"), cameras=cameras, **sections) as running:
        yield running


@pytest.fixture
def front(shared: Rig) -> Camera:
    """The camera of the module's daemon, enabled."""
    camera = shared.front
    camera.set({"enabled": "ON"})
    return camera


@pytest.fixture
def launch(broker: Broker, tmp_path: Path) -> Iterator[Launch]:
    """Start a daemon for one test: `launch(cameras=…, mqtt={…})`; each is a node with its own name."""
    with ExitStack() as stack:

        def start(on: Broker = broker, **options: Any) -> Rig:
            name = options.pop("node", None) or next(_names)
            return stack.enter_context(rig(on, tmp_path / name, node=name, **options))

        yield start
