"""The properties of a picture's packet, packed by hand and read by paho."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from mqttcam.gateway.picture_packets import picture_properties
from mqttcam.mqtt.packets import PackedProperties


@given(st.integers(0, 2**63), st.integers(0, 2**40))
def test_properties_of_a_picture(ts: int, seq: int) -> None:
    read: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    read.unpack(PackedProperties(picture_properties(ts, seq)).pack())
    assert read.ContentType == "image/jpeg"
    assert read.UserProperty == [("ts", str(ts)), ("seq", str(seq))]
