"""Packets packed by hand, read by paho."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from mqttcam.mqtt.packets import (
    PUBLISH,
    QOS_1,
    RETAIN,
    PackedProperties,
    correlation,
    prefixed,
    publish_head,
    user_property,
    varint,
)


def _unpacked(properties: bytes) -> Any:
    read: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    read.unpack(PackedProperties(properties).pack())
    return read


@given(st.integers(0, 268_435_455))
def test_numbers(number: int) -> None:
    packed = varint(number)
    decode: Any = VariableByteIntegers.decode
    assert decode(packed) == (number, len(packed))


@given(st.binary(max_size=300), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50))
def test_other_properties(data: bytes, value: str) -> None:
    read = _unpacked(correlation(data) + user_property("name", value))
    assert read.CorrelationData == data
    assert read.UserProperty == [("name", value)]


def test_head_of_a_publish() -> None:
    topic = prefixed(b"a/b")
    assert publish_head(PUBLISH | RETAIN, topic, None, None, 10) == b"\x31\x0f\0\x03a/b"
    assert publish_head(PUBLISH | QOS_1, topic, 258, b"", 300) == b"\x32\xb4\x02\0\x03a/b\x01\x02\0"
