"""A Home Assistant and its broker, for the tests that announce devices to them."""

from collections.abc import Iterator

import pytest

from tests.home_assistant.harness import HomeAssistant, ha_root, ha_version, now
from tests.support.broker import Mosquitto
from tests.support.client import Client
from tests.support.left_out import leave_out


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A mosquitto that logs every subscription."""
    if ha_version(ha_root()) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    with Mosquitto(tmp_path_factory.mktemp("broker"), extra="log_type subscribe") as running:
        yield running


@pytest.fixture(scope="session")
def running_home_assistant(broker: Mosquitto) -> Iterator[HomeAssistant]:
    """A Home Assistant that all tests share."""
    with HomeAssistant(broker.port) as running:
        yield running


@pytest.fixture
def home_assistant(running_home_assistant: HomeAssistant) -> Iterator[HomeAssistant]:
    """The shared Home Assistant; fail the test if it logs anything at WARNING or above meanwhile."""
    since = now()
    yield running_home_assistant
    assert running_home_assistant.log(logger="homeassistant", since=since) == []
    assert running_home_assistant.issues() == []


@pytest.fixture
def client(broker: Mosquitto) -> Iterator[Client]:
    """An MQTT client that receives everything below `test/` and the birth messages."""
    with Client(broker, "test/#", "homeassistant/status") as connected:
        yield connected
