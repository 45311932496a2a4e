"""Pictures that are fetched from Kafka do not take the threads that everything else needs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mqttcam.detections.fields import RecordPlace
from mqttcam.detections.kafka_topic import DetectionsTopic
from mqttcam.settings.detections import DetectionsTopicSettings
from tests.support.waiting import PATIENCE

MORE_THAN_THREADS = 40
"""Fetches; `asyncio.to_thread` has 32 threads at most."""


class FrozenKafka(DetectionsTopic):
    """A topic whose records come once `answers` is set."""

    answers = threading.Event()

    def _fetch_record(self, place: RecordPlace) -> None:
        self.answers.wait(PATIENCE)


async def test_pictures_from_a_frozen_kafka_take_one_thread() -> None:
    settings = DetectionsTopicSettings.model_validate({"brokers": "127.0.0.1:9", "topic": "results"})
    topic = FrozenKafka(settings, "yard", lambda *_: None, lambda _: None, lambda: None)
    place = RecordPlace("frames", 0, 1)
    fetches = [asyncio.create_task(topic.fetch(place)) for _ in range(MORE_THAN_THREADS)]
    try:
        await asyncio.sleep(0)  # each has begun
        async with asyncio.timeout(PATIENCE / 2):
            await asyncio.to_thread(lambda: None)
    finally:
        topic.answers.set()
        outcomes = await asyncio.gather(*fetches, return_exceptions=True)
    assert all(isinstance(outcome, ValueError) for outcome in outcomes)
    with pytest.raises(ValueError, match="no longer exists"):
        await topic.fetch(place)
