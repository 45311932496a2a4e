"""Presets, day and night, and the hours of motion, as Home Assistant shows them."""

from __future__ import annotations

from tests.home_assistant.conftest import World
from tests.support.results import check_ok
from tests.support.waiting import wait_for


def test_a_preset_is_selected(world: World) -> None:
    preset, contrast = world.entity("preset"), world.entity("contrast")
    assert preset == "select.front_door_preset"
    world.ha.call("select.select_option", preset, option="soft")
    world.ha.wait_state(contrast, "0.8")
    world.ha.wait_state(preset, "soft")
    world.ha.call("select.select_option", preset, option="usual")
    world.ha.wait_state(contrast, "1.0")
    world.ha.wait_state(preset, "usual")


def test_a_saved_preset_is_a_new_option(world: World) -> None:
    preset = world.entity("preset")
    check_ok(world.rig.front.command("save_preset", "mine"), "save_preset")
    wait_for(
        lambda: "mine" in world.ha.states()[preset]["attributes"]["options"],
        "the option is there",
        interval=0.1,
    )
    world.ha.wait_state(preset, "mine")
    world.announce_again()


def test_day_or_night(world: World) -> None:
    sensor = world.ha.wait_state(world.entity("day_night"), "day")
    assert sensor["attributes"]["options"] == ["day", "night"]
    world.ha.wait_state(world.entity("picture_brightness"), lambda state: state not in ("unknown", "0"))
    check_ok(world.rig.front.set({"brightness": -1, "speed": 0, "show_clock": "OFF"}), "set")
    world.ha.wait_state(world.entity("day_night"), "night")
    event = world.ha.wait_state(world.entity("day_night_event"), lambda state: state != "unknown")
    assert event["attributes"]["event_type"] == "night"
    assert event["attributes"]["unit"] == "%"
    check_ok(world.rig.front.set({"brightness": 0, "speed": 1, "show_clock": "ON"}), "set")
    world.ha.wait_state(world.entity("day_night"), "day")


def test_motion_detection_is_active(world: World) -> None:
    assert world.entity("motion_active") == "binary_sensor.front_door_motion_detection_active"
    world.ha.wait_state(world.entity("motion_active"), "on")
    check_ok(world.rig.front.set({"motion_detection": "OFF"}), "set")
    world.ha.wait_state(world.entity("motion_active"), "off")
    check_ok(world.rig.front.set({"motion_detection": "ON"}), "set")
    world.ha.wait_state(world.entity("motion_active"), "on")
