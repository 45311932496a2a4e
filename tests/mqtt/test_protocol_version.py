"""Falling back to MQTT 3.1.1, and back to 5."""

from __future__ import annotations

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5
from mqttcam.mqtt.protocol_version import ProtocolVersion


def test_refusal_is_final() -> None:
    protocol = ProtocolVersion(MQTT_5)
    assert protocol.refused()
    protocol.accepted()
    protocol.ended()
    assert protocol.version == MQTT_3_1_1
    assert not protocol.refused()


def test_closed_connection_is_a_guess_until_it_was_right_twice() -> None:
    protocol = ProtocolVersion(MQTT_5)
    for _ in range(2):
        protocol.unanswered()
        assert protocol.version == MQTT_3_1_1
        protocol.accepted()
        last = protocol.version
        protocol.ended()
    assert last == MQTT_3_1_1
    assert protocol.version == MQTT_3_1_1


def test_5_is_tried_again_with_a_broker_that_was_starting() -> None:
    protocol = ProtocolVersion(MQTT_5)
    protocol.unanswered()
    protocol.accepted()
    protocol.ended()
    assert protocol.version == MQTT_5
    protocol.accepted()
    protocol.ended()
    protocol.unanswered()
    assert protocol.version == MQTT_5, "it knows 5"


def test_3_1_1_with_an_old_broker_in_place_of_a_new_one() -> None:
    protocol = ProtocolVersion(MQTT_5)
    protocol.accepted()
    protocol.ended()
    for _ in range(5):
        assert protocol.version == MQTT_5
        protocol.unanswered()
    assert protocol.version == MQTT_3_1_1


def test_3_1_1_stays_if_configured() -> None:
    protocol = ProtocolVersion(MQTT_3_1_1)
    for event in (protocol.unanswered, protocol.unanswered, protocol.accepted, protocol.ended):
        event()
        assert protocol.version == MQTT_3_1_1
