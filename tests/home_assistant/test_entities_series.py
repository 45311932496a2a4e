"""A series as Home Assistant shows it."""

from __future__ import annotations

from tests.home_assistant.conftest import World


def test_the_switch_pauses_a_series_and_its_last_picture_is_shown(world: World) -> None:
    state, switch = world.entity("series_garden"), world.entity("series_garden_on")
    assert (state, switch) == ("sensor.front_door_garden_series", "switch.front_door_garden_series")
    world.ha.wait_state(state, "running")
    world.ha.wait_state(world.entity("series_garden_pictures"), "1")
    world.ha.wait_state(world.entity("series_garden_next"), lambda one: one.startswith("20"))
    world.ha.wait_state(world.entity("series_garden_last"), lambda one: one.startswith("20"))
    world.ha.call("switch.turn_off", switch)
    world.ha.wait_state(state, "paused")
    world.ha.wait_state(world.entity("series_garden_next"), "unknown")
    world.ha.call("switch.turn_on", switch)
    world.ha.wait_state(state, "running")
