"""Any payload on any command topic gets exactly one result, and the daemon keeps running."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.results import CODES, answers_to
from tests.support.rig import Rig

KEYS = [
    "brightness",
    "contrast",
    "saturation",
    "pattern",
    "image_quality",
    "image_fps",
    "enabled",
    "fps",
    "request_id",
]
ODD_NUMBERS = ["NaN", "Infinity", "1e999", "-0", "9" * 30, "0.2", "50"]

level = st.one_of(
    st.sampled_from(KEYS),
    st.text(
        st.characters(exclude_characters="/+#\\0", exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=30
    ),
)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
json_patch = st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=12)), json_value, max_size=5)
odd_patch = st.builds(
    lambda key, number: f'{{"{key}": {number}}}', st.sampled_from(KEYS), st.sampled_from(ODD_NUMBERS)
)
payload = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=50).map(lambda text: text.encode("utf-8", "surrogatepass")),
    json_patch.map(lambda patch: json.dumps(patch).encode()),
    json_value.map(lambda value: json.dumps(value).encode()),
    odd_patch.map(str.encode),
    st.sampled_from([b"ON", b"OFF", b"0.2", b"50", b"DEBUG", b"INFO", b"null"]),
)
camera_topic = st.one_of(
    st.just("set"),
    st.just("get"),
    level.map(lambda key: f"set/{key}"),
    st.one_of(st.sampled_from(["snapshot", "restart_camera"]), level).map(lambda name: f"cmd/{name}"),
)
node_topic = st.one_of(st.sampled_from(["rediscover", "reload", "log_level"]), level).map(
    lambda name: f"cmd/{name}"
)

bounded = settings(
    max_examples=250,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _check(shared: Rig, device: str, topic: str, payload: bytes) -> None:
    answers = answers_to(shared.client, device, topic, payload)
    assert len(answers.to_sender) == 1
    assert answers.to_all == answers.to_sender
    result = answers.to_sender[0]
    assert set(result) >= {"ok", "command", "request_id"}
    if result["ok"] is False:
        assert result["error"]["code"] in CODES - {"internal"}, result
    assert shared.daemon.alive
    assert "Traceback" not in shared.daemon.log


@bounded
@given(topic=camera_topic, payload=payload)
def test_to_a_camera(shared: Rig, topic: str, payload: bytes) -> None:
    _check(shared, shared.front.base, topic, payload)


@bounded
@given(topic=node_topic, payload=payload)
def test_to_the_node(shared: Rig, topic: str, payload: bytes) -> None:
    _check(shared, shared.node.base, topic, payload)


def test_the_camera_still_works_after_all_that(shared: Rig) -> None:
    shared.front.set({"enabled": "ON", "image_fps": 5})
    shared.front.next_image()
