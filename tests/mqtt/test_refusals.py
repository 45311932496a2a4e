"""What the broker refuses: shown, logged once, and bounded, as other clients choose topics too."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from mqttcam.mqtt.refusals import Refusals
from tests.mqtt.conftest import Connect
from tests.support.broker import Mosquitto, find_mosquitto
from tests.support.left_out import leave_out
from tests.support.waiting import until


def test_refusals_are_shown_until_accepted(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals("broker")
    for _ in range(2):
        refusals.add("a", "no a")
    refusals.add("b", "no b")
    assert refusals.problem == "MQTT broker: no a (and 1 more topics)"
    refusals.accepted("a")
    assert refusals.problem == "MQTT broker: no b"
    assert [record.getMessage() for record in caplog.records] == ["MQTT broker: no a", "MQTT broker: no b"]


def test_refusals_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals("broker")
    for number in range(10_000):
        refusals.add(f"topic/{number}", f"no {number}")
    assert len(refusals._present) == len(refusals._logged) == len(caplog.records) == 100


async def test_a_response_topic_that_is_refused_is_no_problem_of_ours(
    tmp_path: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    if find_mosquitto() is None:
        leave_out("mosquitto is not installed")
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite mqttcam/#\n")
    rules.chmod(0o600)
    with Mosquitto(tmp_path / "broker", extra=f"acl_file {rules}") as broker:
        connection = await connect(broker)
        with caplog.at_level(logging.DEBUG, "mqttcam.mqtt"):
            connection.publish("elsewhere", b"", qos=1, is_response=True)
            connection.publish("elsewhere", bytes(3_000_000), qos=1, is_response=True)
            await until(lambda: "refuses messages to elsewhere" in caplog.text, "the refusal")
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert connection.problem is None
        connection.publish("elsewhere", b"", qos=1)
        await until(lambda: connection.problem, "one of our own is a problem")
