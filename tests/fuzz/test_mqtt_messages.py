"""Messages of other clients on topics that the daemon reads: `info` and `status` of this node, and discovery."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

import ha_discovery as ha
from mqttcam.devices.node import Node
from mqttcam.gateway.node import earlier_run
from mqttcam.home_assistant import Announcer
from mqttcam.home_assistant.discovery import node_discovery, node_object_id
from mqttcam.mqtt.topics import Topics, camera_id_in
from mqttcam.text import is_id
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import JSON, mutated
from tests.fuzz.profile import fuzz

_TOPICS = Topics("mqttcam", "yard")
_NODE = Node("yard")
_DISCOVERY = orjson.dumps(node_discovery(_NODE, _TOPICS).payload())
_INFO = b'{"cameras": {"a": {"image_retain": true}, "../x": 2}, "discovery_prefix": "homeassistant"}'
_WORDS = [
    b"null",
    b"[]",
    b"{}",
    b'"cmps":',
    b'"components":',
    b'"p":"sensor"',
    b'"../x"',
    b"[" * 2000,
    b"\xff",
    b"\0",
]
_COMPONENT = st.fixed_dictionaries(
    {}, optional={"p": JSON, "platform": JSON, "uniq_id": JSON, "unique_id": JSON}
)
_DEVICES = st.fixed_dictionaries(
    {}, optional={"cmps": st.dictionaries(st.text(max_size=5), _COMPONENT | JSON, max_size=4)}
)


@fuzz
@given(
    mutated([_INFO], _WORDS)
    | JSON.map(orjson.dumps)
    | st.fixed_dictionaries({"cameras": JSON}).map(orjson.dumps)
)
def test_any_info_of_an_earlier_run(payload: bytes) -> None:
    with bounded():
        found = earlier_run(payload)
    assert all(is_id(one) for one in found.cameras)
    assert found.retained_images <= found.cameras
    assert found.discovery_prefix is None or not set(found.discovery_prefix) & set("+#\0")


@fuzz
@given(
    st.lists(
        st.tuples(mutated([_DISCOVERY, b""], _WORDS) | (_DEVICES | JSON).map(orjson.dumps), st.booleans()),
        max_size=4,
    )
)
def test_any_discovery_message(messages: list[tuple[bytes, bool]]) -> None:
    sent: list[tuple[str, bytes]] = []

    def publish(topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        sent.append((topic, payload))

    announcer = Announcer(publish, lambda _delay, call: call(), _TOPICS, "homeassistant", _NODE)
    announcer.announce_node()
    with bounded():
        for payload, live in messages:
            announcer.received(node_object_id("yard"), payload, live=live)
        announcer.forget_deletions()
        announcer.announce_node()
    payload = orjson.loads(sent[-1][1])
    assert payload["dev"]["ids"]
    assert {"status", "restart"} <= payload["cmps"].keys()


@fuzz
@given(_DEVICES | JSON.filter(lambda one: isinstance(one, dict)))
def test_any_payload_published_before(previous: dict[str, object]) -> None:
    new = node_discovery(_NODE, _TOPICS)
    with bounded():
        steps = ha.update_steps(previous, new)
    assert 1 <= len(steps) <= 2
    for step in steps:
        orjson.dumps(step.payload())


@fuzz
@given(st.text(max_size=40), st.text(max_size=20))
def test_any_topic(topic: str, camera: str) -> None:
    assert "/" not in camera_id_in(_TOPICS, topic)
    if "/" not in camera:
        assert camera_id_in(_TOPICS, f"mqttcam/yard/{camera}/set") == camera
