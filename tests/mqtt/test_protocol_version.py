"""Falling back to MQTT 3.1.1, and back to 5."""

from __future__ import annotations

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5
from mqttcam.mqtt.protocol_version import ProtocolVersion


def test_an_answer_is_final() -> None:
    protocol = ProtocolVersion(MQTT_5)
    assert protocol.refused()
    protocol.welcomed()
    protocol.over()
    assert protocol.version == MQTT_3_1_1
    assert not protocol.refused()


def test_a_closed_connection_is_a_guess_until_it_came_true_twice() -> None:
    protocol = ProtocolVersion(MQTT_5)
    for _ in range(2):
        protocol.closed()
        assert protocol.version == MQTT_3_1_1
        protocol.welcomed()
        last = protocol.version
        protocol.over()
    assert last == MQTT_3_1_1
    assert protocol.version == MQTT_3_1_1


def test_a_broker_that_was_starting_gets_5_again() -> None:
    protocol = ProtocolVersion(MQTT_5)
    protocol.closed()
    protocol.welcomed()
    protocol.over()
    assert protocol.version == MQTT_5
    protocol.welcomed()
    protocol.over()
    protocol.closed()
    assert protocol.version == MQTT_5, "it knows 5"


def test_a_broker_replaced_by_an_old_one() -> None:
    protocol = ProtocolVersion(MQTT_5)
    protocol.welcomed()
    protocol.over()
    for _ in range(5):
        assert protocol.version == MQTT_5
        protocol.closed()
    assert protocol.version == MQTT_3_1_1


def test_3_1_1_where_asked() -> None:
    protocol = ProtocolVersion(MQTT_3_1_1)
    for event in (protocol.closed, protocol.closed, protocol.welcomed, protocol.over):
        event()
        assert protocol.version == MQTT_3_1_1
