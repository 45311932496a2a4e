"""Commands: the payloads of MQTT messages and the bodies of HTTP requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.control import Control
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.request import Request
from mqttcam.devices.build import build_device
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.values import Choice, Number, Rectangle, Switch, Text
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import JSON, mutated
from tests.fuzz.profile import fuzz
from tests.support.devices import RecordedDaemon, camera_settings, opened
from tests.support.results import CODES

_CONTROLS = (
    Control("Brightness", Number(-1, 1), 0.0),
    Control("Gain", Number(0, 10, integer=True), 1),
    Control("AwbMode", Choice(("Auto", "Daylight")), "Auto"),
    Control("ScalerCrop", Rectangle((0, 0, 64, 48)), (0, 0, 64, 48)),
    Control("Flip", Switch(), False),
    Control("Label", Text(), ""),
)
_KEYS = [
    "brightness",
    "gain",
    "awb_mode",
    "scaler_crop",
    "flip",
    "label",
    "image_fps",
    "image_quality",
    "motion",
]
_KEYS += [
    "zones",
    "masks",
    "enabled",
    "motion_threshold",
    "fps",
    "request_id",
    "full_resolution",
    "raw",
    "type",
    "level",
    "",
    "__class__",
]
_NAMES = [
    "set",
    "get",
    "snapshot",
    "photo",
    "record",
    "stop_recording",
    "restart_camera",
    "autofocus",
    "set_zones",
    "log_level",
    "rediscover",
    "nope",
    "",
]
_EXAMPLES = [
    b'{"image_quality": 70, "request_id": "x"}',
    b'{"scaler_crop": [0, 0, 32, 24]}',
    b'{"zones": {"gate": {"points": [[0, 0], [1, 0], [1, 1]], "threshold": 2}}, "masks": []}',
    b"ON",
    b"0.5",
    b"PRESS",
    b"",
]
_WORDS = [
    b"null",
    b"NaN",
    b"1e999",
    b"-0",
    b'"',
    b"{",
    b"}",
    b"[" * 3000,
    b"\xff",
    b"\0",
    b"9" * 400,
    b"\\ud800",
    b"\xef\xbb\xbf",
]
_TEXT = st.text(max_size=10)
PAYLOADS = (
    mutated(_EXAMPLES, _WORDS)
    | st.dictionaries(st.sampled_from(_KEYS) | _TEXT, JSON, max_size=4).map(orjson.dumps)
    | JSON.map(orjson.dumps)
    | st.binary(max_size=50)
)


@pytest.fixture(scope="module", autouse=True)
def _level_as_it_was() -> Iterator[None]:
    """A command changes it."""
    level = logging.getLogger("mqttcam").level
    yield
    logging.getLogger("mqttcam").setLevel(level)


@fuzz
@given(
    st.sampled_from(_NAMES) | _TEXT,
    PAYLOADS,
    st.none() | st.sampled_from(_KEYS) | _TEXT,
    st.booleans(),
    st.booleans(),
)
def test_every_command_gets_one_result(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    payload: bytes,
    key: str | None,
    retained: bool,
    node: bool,
) -> None:
    folder = tmp_path_factory.getbasetemp()

    async def one() -> None:
        store = Store(Path(folder) / "values.json")
        registry = DeviceRegistry(Node("yard", daemon=RecordedDaemon()))
        registry.add(opened(build_device("front", camera_settings(motion=True), store), *_CONTROLS))
        runner = registry.node_runner if node else registry.cameras["front"].runner
        result = (await runner.run(Request(name, payload, key, retained))).as_json()
        assert len(orjson.dumps(result, default=str)) < 20_000
        if not result["ok"]:
            error: Any = result["error"]
            assert error["code"] in CODES - {"internal"}, result

    with bounded():
        asyncio.run(one())
