"""The messages of analytics jobs: every shape, and what is wrong with one is named by its field."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.detections.fields import MAX_DETECTIONS, Box, InvalidDetections, RecordPlace
from mqttcam.detections.message import (
    MAX_MESSAGE,
    Detection,
    DetectionMessage,
    TrackedObject,
    parse,
)

NOON_NS = 1_796_040_000_000_000_000
"""2026-11-30 12:00 UTC."""


def read(size: tuple[int, int] | None = None, **message: Any) -> DetectionMessage:
    return parse(orjson.dumps(message), size)


def test_a_whole_message() -> None:
    found = read(
        camera="pi/front",
        ts="2026-11-30T12:00:00Z",
        seq=199,
        width=1280,
        height=720,
        detections=[{"label": "person", "score": 0.87, "box": [128, 72, 640, 720], "id": "7"}],
        source={"topic": "frames", "partition": 2, "offset": 4711},
    )
    assert found == DetectionMessage(
        "pi/front",
        NOON_NS,
        199,
        (Detection("person", 0.87, Box(0.1, 0.1, 0.4, 0.9)),),
        source=RecordPlace("frames", 2, 4711),
    )


def test_only_the_list_is_needed() -> None:
    assert read(detections=[]) == DetectionMessage(None, None, None, ())
    assert read(detections=[{"label": "car"}]).detections == (Detection("car"),)


@pytest.mark.parametrize(
    "ts",
    [
        1_796_040_000,
        1_796_040_000.0,
        1_796_040_000_000,
        NOON_NS,
        "2026-11-30T12:00:00",
        "2026-11-30T13:00:00+01:00",
        "2026-11-30 12:00:00.000Z",
    ],
)
def test_times(ts: object) -> None:
    assert read(ts=ts, detections=[]).ts_ns == NOON_NS


@pytest.mark.parametrize("ts", [1e11, 9.3e9, 2.5e11, 1e18, 1.7e308, "2261-01-01T00:00:00"])
def test_times_fit_in_64_bits(ts: object) -> None:
    ts_ns = read(ts=ts, detections=[]).ts_ns
    assert ts_ns is not None
    assert 0 <= ts_ns < 2**63


@pytest.mark.parametrize("ts", [-1, "0001-01-01T00:00:00Z"])
def test_a_time_that_was_never_set(ts: object) -> None:
    assert read(ts=ts, detections=[]).ts_ns is None


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        ([0.1, 0.2, 0.5, 1], None, Box(0.1, 0.2, 0.4, 0.8)),
        ([64, 48, 320, 240], (640, 480), Box(0.1, 0.1, 0.4, 0.4)),
        ([-20, -20, 700, 500], (640, 480), Box(0, 0, 1, 1)),
        ([320, 240, 64, 48], (640, 480), Box(0.1, 0.1, 0.4, 0.4)),
    ],
    ids=["shares", "pixels", "beyond the edges", "corners the other way round"],
)
def test_boxes(box: list[float], size: tuple[int, int] | None, expected: Box) -> None:
    (found,) = read(size, detections=[{"label": "cat", "box": box}]).detections
    assert found.box == pytest.approx(expected)


def test_the_size_in_the_message_takes_precedence() -> None:
    (found,) = read(
        (640, 480), width=64, height=48, detections=[{"label": "cat", "box": [0, 0, 32, 24]}]
    ).detections
    assert found.box == Box(0, 0, 0.5, 0.5)


def test_scores_may_be_percentages() -> None:
    assert read(detections=[{"label": "dog", "score": 87}]).detections == (Detection("dog", 0.87),)


def test_frigate() -> None:
    after = {
        "id": "1607123955.475377-mxklsc",
        "camera": "front_door",
        "frame_time": 1_796_040_000.25,
        "label": "person",
        "score": 0.7890625,
        "top_score": 0.958984375,
        "box": [424, 500, 536, 712],
        "false_positive": False,
        "end_time": None,
    }
    message = read((1280, 720), type="update", before=after, after=after)
    assert message == DetectionMessage(
        "front_door",
        NOON_NS + 250_000_000,
        None,
        (Detection("person", 0.7890625, message.detections[0].box),),
        tracked=TrackedObject("1607123955.475377-mxklsc", ended=False),
    )
    assert message.detections[0].box == pytest.approx(Box(424 / 1280, 500 / 720, 112 / 1280, 212 / 720))
    for ended in ({"type": "end"}, {"after": after | {"end_time": 1_796_040_001.5}}):
        tracked = parse(orjson.dumps({"type": "update", "after": after} | ended), (1280, 720)).tracked
        assert tracked is not None
        assert tracked.ended


def test_dl_streamer() -> None:
    shares = {"x_min": 0.25, "y_min": 0.5, "x_max": 0.75, "y_max": 1.0}
    message = read(
        objects=[
            {"detection": {"bounding_box": shares, "confidence": 0.9, "label": "vehicle", "label_id": 2}},
            {"detection": {"confidence": 0.8, "label": "person"}, "x": 192, "y": 108, "w": 192, "h": 108},
        ],
        resolution={"width": 1920, "height": 1080},
        timestamp=133333333,
    )
    assert message.detections == (
        Detection("vehicle", 0.9, Box(0.25, 0.5, 0.5, 0.5)),
        Detection("person", 0.8, Box(0.1, 0.1, 0.1, 0.1)),
    )


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b"person", None),
        (b"[]", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
        (b" " * (MAX_MESSAGE + 1), None),
        (b"{}", "detections"),
        (b'{"detections": 3}', "detections"),
        (orjson.dumps({"detections": [{"label": "x"}] * (MAX_DETECTIONS + 1)}), "detections"),
        (b'{"detections": ["person"]}', "detections[0]"),
        (b'{"detections": [{"label": "a"}, {"label": 3}]}', "detections[1].label"),
        (b'{"detections": [{"label": "a", "score": -1}]}', "detections[0].score"),
        (b'{"detections": [{"label": "a", "score": "high"}]}', "detections[0].score"),
        (b'{"detections": [{"label": "a", "box": [0, 0, 1]}]}', "detections[0].box"),
        (b'{"detections": [{"label": "a", "box": [0, 0, 1, null]}]}', "detections[0].box"),
        (b'{"detections": [{"label": "a", "box": [0, 0, 100, 100]}]}', "detections[0].box"),
        (b'{"detections": [], "ts": "yesterday"}', "ts"),
        (b'{"detections": [], "ts": true}', "ts"),
        (b'{"detections": [], "ts": "9999-12-31T23:59:59-12:00"}', "ts"),
        (b'{"detections": [], "seq": 1.5}', "seq"),
        (b'{"detections": [], "seq": 9223372036854775808}', "seq"),
        (b'{"detections": [], "seq": 1e300}', "seq"),
        (b'{"detections": [], "camera": 5}', "camera"),
        (b'{"detections": [], "source": "frames"}', "source"),
        (b'{"objects": [{"detection": "person"}]}', "objects[0].detection"),
        (b'{"after": {"label": null}}', "after.label"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(payload: bytes, field: str | None) -> None:
    with pytest.raises(InvalidDetections) as caught:
        parse(payload)
    assert caught.value.field == field
    assert len(str(caught.value)) < 200


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(
                ["detections", "objects", "after", "label", "score", "box", "ts", "seq", "width", "source"]
            )
            | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_json)
def test_any_json_is_read_or_refused(message: object) -> None:
    try:
        payload = orjson.dumps(message)
    except (TypeError, orjson.JSONEncodeError):
        return
    try:
        found = parse(payload, (640, 480))
    except InvalidDetections:
        return
    for one in found.detections:
        assert one.box is None or all(0 <= share <= 1 for share in one.box)
