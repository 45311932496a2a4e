"""Clients of kafka-python are freed when they are no longer used, not when Python happens to look for them."""

from __future__ import annotations

import contextlib
import gc
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter
from mqttcam.outputs.kafka.topic import topic_limit
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import WriterFailed
from mqttcam.settings.kafka import KafkaSettings
from tests.support.waiting import HOST, free_port


@pytest.fixture
def address() -> Iterator[str]:
    """The address of brokers that are away, while Python frees nothing by itself, and pytest keeps no log records."""
    logging.disable()
    gc.collect()
    gc.disable()
    yield f"{HOST}:{free_port()}"
    gc.enable()
    logging.disable(logging.NOTSET)


def metrics() -> int:
    """Return the number of objects of kafka-python's metrics, of which each client has its own."""
    return sum(str(type(one).__module__).startswith("kafka.metrics") for one in gc.get_objects())


def test_of_the_attempts_to_connect_only_the_last_one_is_left(address: str) -> None:
    settings = KafkaSettings.model_validate({"brokers": address, "topic": "away"})
    record = RecordFields("yard", "front", settings)
    writer = SinetstreamWriter(settings, "away", record, Path(), OutputTiming())
    left = []
    for _ in range(3):
        with contextlib.suppress(WriterFailed):
            writer.open(lambda _words: None)
        writer.close()
        left.append(metrics())
    assert left[0] > 0
    assert left[2] <= left[0]


def test_nothing_is_left_of_a_question_about_a_topic(address: str) -> None:
    before = metrics()
    assert topic_limit({"brokers": [address], "topic": "away", "type_spec": {}}) is None
    assert metrics() == before


IN_A_PROCESS_OF_ITS_OWN = """
import gc, sys, weakref
from mqttcam.kafka.garbage import collect_clients

class Client:
    def __init__(self):
        self.itself = self

gc.disable()
collect_clients()
print("frozen before there was a client:", gc.get_freeze_count())
import kafka
for number in range(2):
    client = weakref.ref(Client())
    collect_clients()
    print("collected:", client() is None)
print("objects that are visited:", len(gc.get_objects()) < gc.get_freeze_count() / 10)
"""


def test_collections_pass_over_the_modules_of_the_clients() -> None:
    """They would hold Python's lock, and with it the event loop, for too long."""
    pytest.importorskip("kafka")
    command = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "frozen before there was a client: 0",
        "collected: True",
        "collected: True",
        "objects that are visited: True",
    ]
