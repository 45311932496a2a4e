"""Zones and masks that a command sets: in effect at once, kept over restarts, and followed by the entities."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.request import Request
from mqttcam.commands.result import Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.motion import CameraMotion
from mqttcam.devices.motion_areas import MotionAreas, as_json
from mqttcam.devices.store import Store
from tests.support.devices import MakeDevice, Recorder, camera_settings, opened
from tests.support.motion import Scene

LEFT = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]
RIGHT = [[0.51, 0.0], [1.0, 0.0], [1.0, 1.0], [0.51, 1.0]]
MOTION: dict[str, Any] = {"zones": {"gate": {"points": LEFT}}, "masks": [{"points": RIGHT}]}
ZONES = {"road": {"points": RIGHT, "threshold": 1.0}}
PLACES = (20, 110)
"""Where the square is then, in pixels from the left: in the left half, and in the right one."""


async def ask(device: CameraDevice, command: str, **arguments: object) -> Result:
    return await CommandRunner(device, camera_commands).run(Request(command, orjson.dumps(arguments)))


def motion_of(device: CameraDevice) -> CameraMotion:
    assert device.motion is not None
    return device.motion


def zone_keys(device: CameraDevice) -> set[str]:
    return {key for key in state_of(camera_entities(device), device) if key.startswith("zone_")}


async def test_they_are_in_effect_at_once(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=MOTION | {"clear_after": 1}))
    recorder = Recorder()
    device.attach(recorder)
    scene = Scene(device.camera.hub)
    result = await ask(device, "set_zones", zones=ZONES, masks=[{"points": LEFT}])
    assert result.error is None
    assert result.changed == {"zones": ZONES, "masks": [{"points": LEFT}]}
    scene.settle()
    for left, expected in zip(PLACES, (None, frozenset({"road"})), strict=True):
        scene.offer(left)
        detector = motion_of(device).detector
        assert (detector.moving_zones if detector.active else None) == expected


async def test_the_entities_come_and_go(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=MOTION))
    before = device.capabilities
    assert zone_keys(device) == {"zone_gate", "zone_gate_motion"}
    await ask(device, "set_zones", zones=ZONES)
    assert zone_keys(device) == {"zone_road", "zone_road_motion"}
    assert device.capabilities != before
    assert len(motion_of(device).areas.masks) == 1, "the masks are left as they were"


async def test_an_event_ends_and_detection_starts_over(make_device: MakeDevice) -> None:
    device = opened(make_device(motion={"zones": {"gate": {"points": LEFT}}}))
    recorder = Recorder()
    device.attach(recorder)
    scene = Scene(device.camera.hub)
    scene.settle()
    scene.offer(PLACES[0])
    await asyncio.sleep(0)
    assert [event["event_type"] for event in recorder.events] == ["motion"]
    await ask(device, "set_zones", zones=ZONES)
    assert [event["event_type"] for event in recorder.events] == ["motion", "motion_end"]
    assert motion_of(device).moving is None
    scene.settle()
    assert motion_of(device).moving is False


async def test_the_same_ones_again_change_nothing(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=MOTION))
    scene = Scene(device.camera.hub)
    scene.settle()
    assert motion_of(device).moving is False
    assert (await ask(device, "set_zones", zones=MOTION["zones"], masks=MOTION["masks"])).error is None
    assert motion_of(device).moving is False
    assert not motion_of(device).areas_are_set


async def test_they_are_kept_until_the_configuration_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "values.json"

    def built(**motion: object) -> CameraDevice:
        store = Store(path)
        store.load()
        return build_device("front", camera_settings(motion=MOTION | motion), store)

    device = built()
    result = await ask(device, "set_zones", zones=ZONES)
    assert (result.error, result.warning) == (None, None)
    motion = motion_of(built())
    assert (motion.zones, motion.areas_are_set, len(motion.areas.masks)) == (("road",), True, 1)
    assert motion_of(built(threshold=3)).zones == ("road",), "another setting has nothing to do with it"
    edited = motion_of(built(masks=[]))
    assert (edited.zones, edited.areas_are_set) == (("gate",), False)
    assert (await ask(built(), "reset_zones")).changed == {
        "zones": MOTION["zones"] | {"gate": {"points": LEFT, "threshold": 0.5}},
        "masks": MOTION["masks"],
    }
    motion = motion_of(built())
    assert (motion.zones, motion.areas_are_set) == (("gate",), False)


async def test_they_take_effect_in_the_order_of_the_commands(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=MOTION))
    results = await asyncio.gather(ask(device, "set_zones", zones=ZONES), ask(device, "reset_zones"))
    assert [result.error for result in results] == [None, None]
    motion = motion_of(device)
    assert (motion.zones, motion.areas_are_set) == (("gate",), False)


@pytest.mark.parametrize("stored", [{"zones": {"gate": {"points": [[0, 0]]}}}, [], "text", {"zones": []}])
async def test_a_broken_stored_value_is_ignored(tmp_path: Path, stored: object) -> None:
    store = Store(tmp_path / "values.json")
    settings = camera_settings(motion=MOTION)
    assert settings.motion is not None
    configured = as_json(MotionAreas(settings.motion.zones, settings.motion.masks))
    store.set("front", "motion_areas", stored, configured)
    assert motion_of(build_device("front", settings, store)).zones == ("gate",)


async def test_a_zone_that_was_removed_is_armed_when_it_comes_back(make_device: MakeDevice) -> None:
    device = opened(make_device(motion=MOTION))
    await ask(device, "set", zone_gate="OFF")
    await ask(device, "set_zones", zones={"gate": {"points": RIGHT}})
    assert not motion_of(device).is_armed("gate"), "it was moved, and stays as it was"
    await ask(device, "set_zones", zones={})
    assert motion_of(device).zones == ()
    await ask(device, "reset_zones")
    assert motion_of(device).is_armed("gate")


@pytest.mark.parametrize(
    ("arguments", "field", "words"),
    [
        ({"zones": {"gate": {"points": [[0, 0], [1, 1], [1, 0], [0, 1]]}}}, "zones.gate.points", "crosses itself"),
        ({"zones": {"gate": {"points": LEFT, "threshold": 200}}}, "zones.gate.threshold", "200 is out of range"),
        ({"zones": {"ga-te": {"points": LEFT}}}, "zones.ga-te", "has a hyphen"),
        ({"zones": {"gate": {"pints": LEFT}}}, "zones.gate.pints", "did you mean points?"),
        ({"zones": {f"z{i}": {"points": LEFT} for i in range(21)}}, "zones", "too many"),
        ({"masks": [{"points": LEFT}, {"points": [[0, 0], [0, 2], [1, 1]]}]}, "masks.1.points.1.1", "2 is out of"),
        ({"masks": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}, "masks.0.0.0.0.0.0.0.0.0.0", "nested too deeply"),
        ({"masks": 5}, "masks", "is not a JSON array"),
        ({"privacy": []}, "privacy", "no key"),
        ({}, None, "zones and masks are missing"),
    ],
)  # fmt: skip
async def test_refusals_name_the_field_and_change_nothing(
    make_device: MakeDevice, arguments: dict[str, object], field: str | None, words: str
) -> None:
    device = opened(make_device(motion=MOTION))
    result = await ask(device, "set_zones", **arguments)
    assert result.error is not None
    assert (result.error.field, words in result.error.message) == (field, True), result.error.message
    assert result.error.allowed is not None or "deeply" in words
    assert motion_of(device).zones == ("gate",)


async def test_a_camera_without_motion_detection(make_device: MakeDevice) -> None:
    device = opened(make_device())
    for name in ("set_zones", "reset_zones"):
        assert name not in camera_commands(device)
        error = (await ask(device, name)).error
        assert error is not None
        assert (error.code, "motion: true" in error.message) == ("not_supported", True)
