"""One Kafka for the session."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress

import pytest

with warnings.catch_warnings():
    # SINETStream's own use of older names; here every other warning is an error.
    warnings.simplefilter("ignore")
    import sinetstreamplugin.kafka

    # OpenCV wants libraries of the desktop; `read` leaves out what needs it where they are missing.
    with suppress(ImportError):
        import sinetstreamplugin.valuetype.image  # noqa: F401

from tests.outputs.kafka.rig import make_topic, topic_name
from tests.support.kafka import KafkaBroker, any_kafka
from tests.support.left_out import leave_out


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A running broker: Apache Kafka, or what stands in for it."""
    with any_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def real_kafka(kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """For tests of what only the real one does, such as being killed; afterwards it runs again, even if they fail."""
    if not kafka.real:
        leave_out("Apache Kafka (needs Java and Maven); a stand-in took its place elsewhere")
    yield kafka
    kafka.recover()


@pytest.fixture
def topic(kafka: KafkaBroker, request: pytest.FixtureRequest) -> str:
    """A topic of the test's own."""
    return make_topic(kafka, topic_name(request.node.originalname or "t"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """kafka-python asks for TLS by an older name, and leaves sockets that it has given up to the garbage collector."""
    for item in items:
        for warning in (
            "ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning",
            "ignore:unclosed .*SSLSocket:ResourceWarning",
        ):
            item.add_marker(pytest.mark.filterwarnings(warning))
