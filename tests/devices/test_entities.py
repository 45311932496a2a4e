"""Entities: those of controls follow from their kind; the state."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.control import Control
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import FIXED, camera_entities
from mqttcam.devices.entities.controls import control_entity, number_step
from mqttcam.devices.entities.entity import Entity, state_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.devices.observer import NodeObserver
from mqttcam.recordings.library import Library
from mqttcam.settings.recordings import KeepSettings
from mqttcam.values import Choice, Number, Rectangle, Switch, Text, Value, ValueKind, Vector
from tests.support.devices import MakeDevice, RecordedNode, opened


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (Number(-1, 1), 0.01),
        (Number(0, 16), 0.05),
        (Number(0, 32), 0.1),
        (Number(0, 100), 0.5),
        (Number(1, 1_000_000), 1),
        (Number(0, 0.01), 0.001),
        (Number(5, 5), 1),
        (Number(1, 10**6, integer=True), 1),
        (Number(0, 100, step=0.25), 0.25),
        (Number(0.085, 120), 0.005),
        (Number(0.1, 32), 0.1),
        (Number(0.0857, 120), 0.001),
    ],
)
def test_number_step(kind: Number, step: float) -> None:
    assert number_step(kind) == pytest.approx(step)


@given(st.floats(-1e9, 1e9), st.floats(0.2, 1e9))
def test_a_step_is_a_round_part_of_the_range(minimum: float, size: float) -> None:
    kind = Number(minimum, minimum + size)
    step = number_step(kind)
    assert step >= 0.001
    assert step == 0.001 or (kind.maximum - kind.minimum) / step * 1.001 >= 200
    assert step == 0.001 or minimum / step == pytest.approx(round(minimum / step), abs=1e-5)
    digits = f"{step:.6e}".partition("e")[0].rstrip("0").rstrip(".")
    assert digits in ("1", "2", "5")


@pytest.mark.parametrize(
    ("kind", "platform"),
    [
        (Number(0, 1), "number"),
        (Choice(("a", "b")), "select"),
        (Switch(), "switch"),
        (Text(), "text"),
        (Vector(Number(0, 1), 2), "text"),
        (Rectangle((0, 0, 8, 6)), "text"),
    ],
)
def test_a_control_is_the_entity_of_its_kind(kind: ValueKind, platform: str) -> None:
    entity = control_entity(Control("AwbMode", kind, icon="mdi:x"))
    assert (entity.key, entity.name, entity.platform, entity.category) == (
        "awb_mode", "White balance", platform, "config",
    )  # fmt: skip
    assert entity.settable
    assert ("icon", "mdi:x") in entity.options


def test_an_exposure_is_a_duration() -> None:
    assert ("device_class", "duration") in control_entity(Control("T", Number(1, 9, unit="µs"))).options
    assert "device_class" not in dict(control_entity(Control("T", Number(1, 9, unit="K"))).options)


def test_a_name_says_that_0_is_automatic() -> None:
    automatic = Number(0, 16, words=(("auto", 0),))
    entity = control_entity(Control("AnalogueGain", automatic))
    assert (entity.name, entity.object_id) == ("Analogue gain (0 = auto)", "analogue_gain")
    assert control_entity(Control("AnalogueGain", Number(0, 16))).name == "Analogue gain"


def test_an_icon_of_the_source_counts_more_than_the_usual_one() -> None:
    assert ("icon", "mdi:brightness-6") in control_entity(Control("Brightness", Number(0, 1))).options
    assert ("icon", "mdi:x") in control_entity(Control("Brightness", Number(0, 1), icon="mdi:x")).options
    assert "icon" not in dict(control_entity(Control("Speciality", Number(0, 1))).options)


def test_a_wide_range_is_a_box_and_no_slider() -> None:
    assert ("mode", "slider") in control_entity(Control("Gain", Number(1, 16))).options
    assert ("mode", "box") in control_entity(Control("Time", Number(0, 10**6, integer=True))).options


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (Number(-1, 1), 0.5, 0.5),
        (Number(-1, 1), 7.0, None),
        (Number(-1, 1), None, None),
        (Choice(("Auto", "Day")), "Day", "Day"),
        (Choice(("Auto", "Day")), "Dusk", None),
        (Switch(), False, "OFF"),
        (Vector(Number(0, 1), 2), (0.5, 1.0), [0.5, 1.0]),
        (Rectangle((0, 0, 8, 6)), (1, 2, 3, 4), [1, 2, 3, 4]),
        (Text(), "x", "x"),
    ],
)
async def test_a_value_that_is_not_of_its_kind_is_unknown(
    device: CameraDevice, kind: ValueKind, value: Value, shown: object
) -> None:
    opened(device, Control("Thing", kind))
    device.camera.values = {"thing": value}
    assert state_of(camera_entities(device), device)["thing"] == shown


async def test_every_key_is_always_there(device: CameraDevice) -> None:
    controls = Control("Brightness", Number(-1, 1)), Control("AwbMode", Choice(("Auto",)))
    opened(device, *controls)
    device.camera.values = {}
    state = state_of(camera_entities(device), device)
    assert {"enabled", "image_quality", "image_fps", "fps", "frame_age", "last_error"} < set(state)
    assert (state["brightness"], state["awb_mode"], state["frame_age"]) == (None,) * 3
    assert "camera" not in state
    assert "snapshot" not in state


async def test_a_long_error_is_cut_to_the_limit_of_home_assistant(device: CameraDevice) -> None:
    device.camera.last_error = "é" * 400
    assert state_of(camera_entities(device), device)["last_error"] == "é" * 255


@pytest.mark.parametrize(("rate", "maximum", "step"), [(25, 25, 0.1), (0.05, 0.05, 0.05), ("max", 60, 0.1)])
async def test_the_maximum_of_image_fps_is_the_frame_rate_of_the_camera(
    make_device: MakeDevice, rate: object, maximum: float, step: float
) -> None:
    entity = next(one for one in camera_entities(make_device(frame_rate=rate)) if one.key == "image_fps")
    assert isinstance(entity.kind, Number)
    assert (entity.kind.maximum, dict(entity.options)["step"]) == (maximum, step)


async def test_image_fps_in_the_state_is_a_number(make_device: MakeDevice) -> None:
    device = make_device(image={"fps": "max"}, frame_rate="max")
    shown = state_of(camera_entities(device), device)["image_fps"]
    assert isinstance(shown, float)
    assert math.isfinite(shown)


async def test_keys_are_unique(device: CameraDevice) -> None:
    entities: tuple[Entity[CameraDevice], ...] = camera_entities(device)
    assert len({entity.key for entity in entities}) == len(entities) > len(FIXED)


def test_the_state_of_the_node() -> None:
    state = state_of(NODE, Node("yard"))
    assert set(state) == {
        "problem",
        "last_error",
        "cpu_temperature",
        "memory",
        "recordings_size",
        "recordings_free",
        "uptime",
        "reconnects",
        "version",
        "log_level",
    }
    memory, uptime = state["memory"], state["uptime"]
    assert isinstance(memory, float)
    assert memory > 1
    assert uptime == 0


def test_the_node_shows_the_size_of_recordings(tmp_path: Path) -> None:
    library = Library(tmp_path, tmp_path / "index.sqlite", KeepSettings())
    state = state_of(NODE, Node("yard", library=library))
    assert (state["recordings_size"], state["recordings_free"]) == (0.0, None)
    state = state_of(NODE, Node("yard"))
    assert (state["recordings_size"], state["recordings_free"]) == (None, None)


def test_a_problem_of_the_node_is_shown() -> None:
    node, problems = Node("yard"), ["the disk is full"]
    node.add_check(lambda: problems[0] if problems else None)
    state = state_of(NODE, node)
    assert (state["problem"], state["last_error"]) == ("ON", "the disk is full")
    assert Health(node, dict).report()["problems"] == ["the disk is full"]
    problems.clear()
    state = state_of(NODE, node)
    assert (state["problem"], state["last_error"]) == ("OFF", None)


def test_a_value_that_cannot_be_read_does_not_affect_the_others() -> None:
    class WithoutProc(Node):
        @property
        def memory(self) -> float:
            raise FileNotFoundError("/proc/self/statm")

    state = state_of(NODE, WithoutProc("yard"))
    assert state["memory"] is None
    assert state["uptime"] == 0


def test_an_observer_of_the_node_that_fails_does_not_affect_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    node = Node("yard")
    observer = RecordedNode()

    class FailingNode(NodeObserver):
        def changed(self) -> None:
            raise RuntimeError("a bug")

    node.attach(FailingNode())
    node.attach(observer)
    node.changed()
    assert observer.changes == 1
    assert state_of(NODE, node)["reconnects"] == 2
    assert "a bug" in caplog.text


def test_the_start_is_corrected_only_if_the_clock_was_wrong_by_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = 1_800_000_000.4
    monkeypatch.setattr("mqttcam.devices.node.time.time", lambda: wall)
    monkeypatch.setattr("mqttcam.devices.node.time.monotonic", lambda: 5.0)
    node = Node("yard")
    assert node.started == "2027-01-15T08:00:00+00:00"
    wall += 50
    assert node.started == "2027-01-15T08:00:00+00:00"
    wall += 3600
    assert node.started == "2027-01-15T09:00:50+00:00"
