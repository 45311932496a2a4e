"""Reason codes (MQTT 5, 2.4) in words, with what a user can do."""

from __future__ import annotations

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

FIRST_FAILURE = 0x80
"""The lowest reason code that reports a failure."""
UNSPECIFIED = 0x80
NOT_AUTHORIZED = 0x87
PACKET_TOO_LARGE = 0x95
QUOTA_EXCEEDED = 0x97
RETAIN_NOT_SUPPORTED = 0x9A
QOS_NOT_SUPPORTED = 0x9B

_HINTS = {
    UNSPECIFIED: "the broker's ACL must allow it",
    NOT_AUTHORIZED: "the broker's ACL must allow it",
    PACKET_TOO_LARGE: "the broker's limit on messages is lower (Mosquitto: message_size_limit)",
    QUOTA_EXCEEDED: "a quota of the broker is used up",
    RETAIN_NOT_SUPPORTED: "mqttcam needs retained messages (Mosquitto: retain_available true)",
    QOS_NOT_SUPPORTED: "mqttcam needs QoS 1 (Mosquitto: max_qos)",
}


def reason_hint(reason: int) -> str | None:
    """Return what a user can do about a refusal; None if the reason code says nothing about it."""
    return _HINTS.get(reason)


def reason_text(reason: int) -> str:
    """Return the name of the reason code of a refused message or subscription, with a hint if there is one."""
    try:
        name = str(ReasonCode(PacketTypes.DISCONNECT, identifier=reason))
    except KeyError:
        name = f"reason code 0x{reason:02x}"
    hint = reason_hint(reason)
    return f"{name}; {hint}" if hint else name
