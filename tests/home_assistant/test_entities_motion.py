"""Motion as Home Assistant shows it. The package's own checks see to it that it complains of nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.home_assistant.conftest import WHOLE, World
from tests.support.results import check_ok
from tests.support.waiting import wait_for


@pytest.fixture(autouse=True)
def _moves(world: World) -> Iterator[None]:
    """The ball moves and is seen after each of the tests, as it is before the first."""
    front = world.rig.front
    yield
    check_ok(front.set({"enabled": "ON", "motion_detection": "ON", "motion_threshold": 0.5}), "set")
    front.next_image()
    check_ok(front.set({"speed": 1}), "set")
    world.ha.wait_state(world.entity("motion"), "on")


def test_the_sensor_is_on_and_the_event_has_come(world: World) -> None:
    sensor = world.ha.wait_state(world.entity("motion"), "on")
    assert sensor["attributes"]["device_class"] == "motion"
    entity = world.entity("motion_event")
    assert entity == "event.front_door_motion_event"
    event = world.ha.wait_state(entity, lambda state: state != "unknown")
    attributes = event["attributes"]
    assert attributes["event_type"] == "motion"
    assert attributes["event_types"] == ["motion", "motion_end", "recording"]
    assert attributes["score"] >= 0.5
    assert attributes["zone"] == "yard"
    assert set(attributes["box"]) == {"x", "y", "width", "height"}
    assert attributes["id"]


def test_it_clears_and_comes_again(world: World) -> None:
    front, image = world.rig.front, world.entity("last_motion")
    with world.ha.state_changes() as changes:
        check_ok(front.set({"speed": 0}), "set")
        world.ha.wait_state(world.entity("motion"), "off")
        end = _event(world, changes, "motion_end")
        assert end["seconds"] >= 0
        assert end["zones"] == ["yard"]
        assert f"/events/{end['id']}/clip.mp4?" in end["clip"]
        assert f"/events/{end['id']}/picture.jpg?" in end["picture"]
        whole = _event(world, changes, "recording")
        assert whole["event"] == end["id"]
        assert whole["file"].startswith("front/")
        before = world.ha.states()[image]["state"]
        seen = len(changes())
        check_ok(front.set({"speed": 1}), "set")
        world.ha.wait_state(world.entity("motion"), "on")
        assert _event(world, lambda: changes()[seen:], "motion")["id"] != end["id"]
    world.ha.wait_state(image, lambda state: state not in (before, "unknown"))
    picture = wait_for(lambda: world.ha.picture(image), "the picture of motion", interval=0.1)
    assert picture.startswith(b"\xff\xd8")


def test_a_command_records_and_the_switch_prevents_it(world: World) -> None:
    front, sensor = world.rig.front, world.entity("recording")
    check_ok(front.set({"speed": 0}), "set")
    world.ha.wait_state(sensor, "off")
    last = world.ha.wait_state(world.entity("last_recording"), lambda state: state != "unknown")
    assert last["attributes"]["device_class"] == "timestamp"
    world.ha.call("switch.turn_off", world.entity("record_on_motion"))
    world.ha.wait_state(world.entity("record_on_motion"), "off")
    check_ok(front.set({"speed": 1}), "set")
    world.ha.wait_state(world.entity("motion"), "on")
    assert world.ha.states()[sensor]["state"] == "off"
    world.ha.call("button.press", world.entity("record"))
    world.ha.wait_state(sensor, "on")
    check_ok(front.command("stop_recording"), "stop_recording")
    world.ha.wait_state(sensor, "off")
    world.ha.call("switch.turn_on", world.entity("record_on_motion"))
    world.ha.wait_state(world.entity("record_on_motion"), "on")
    for key in ("recordings_size", "recordings_free"):
        world.ha.wait_state(world.entity(key, "yard"), lambda state: float(state) >= 0)


def _event(world: World, changes: Callable[[], list[dict[str, Any]]], event_type: str) -> dict[str, Any]:
    """Wait for an event of a type, and return its attributes; others may have come after it."""
    entity = world.entity("motion_event")

    def attributes() -> dict[str, Any] | None:
        found = [change["new_state"]["attributes"] for change in changes() if change["entity_id"] == entity]
        return next((one for one in found if one.get("event_type") == event_type), None)

    return wait_for(attributes, f"{event_type} in Home Assistant", interval=0.1)


def test_an_event_of_another_type_is_passed_over_in_silence(world: World) -> None:
    entity = world.entity("motion_event")
    before = world.ha.wait_state(entity, lambda state: state != "unknown")
    world.rig.client.publish(world.rig.front.topic("event"), {"event_type": "something_else"})
    check_ok(world.rig.front.set({"motion_threshold": 0.6}), "set")
    world.ha.wait_state(world.entity("motion_threshold"), "0.6")  # that came after the event
    assert world.ha.states()[entity]["state"] == before["state"]


def test_the_switch_and_the_number(world: World) -> None:
    world.ha.call("switch.turn_off", world.entity("motion_detection"))
    world.ha.wait_state(world.entity("motion"), "unknown")
    world.ha.wait_state(world.entity("motion_detection"), "off")
    world.ha.call("number.set_value", world.entity("motion_threshold"), value=0.7)
    world.ha.wait_state(world.entity("motion_threshold"), "0.7")
    world.ha.call("switch.turn_on", world.entity("motion_detection"))
    world.ha.wait_state(world.entity("motion"), "on")


def test_a_zone_and_its_switch(world: World) -> None:
    sensor, switch = world.entity("zone_yard_motion"), world.entity("zone_yard")
    assert (sensor, switch) == ("binary_sensor.front_door_yard_motion", "switch.front_door_yard_zone")
    assert world.ha.wait_state(sensor, "on")["attributes"]["device_class"] == "motion"
    world.ha.call("switch.turn_off", switch)
    world.ha.wait_state(sensor, "unknown")
    assert world.ha.wait_state(switch, "off")
    assert world.ha.states()[world.entity("motion")]["state"] == "on"
    world.ha.call("switch.turn_on", switch)
    world.ha.wait_state(sensor, "on")
    check_ok(world.rig.front.set({"speed": 0}), "set")
    world.ha.wait_state(sensor, "off")


def test_zones_that_a_command_sets_come_and_go(world: World) -> None:
    yard = world.entity("zone_yard")
    check_ok(world.rig.front.command("set_zones", {"zones": {"road": {"points": WHOLE}}}), "set_zones")
    sensor = world.entity("zone_road_motion")
    assert sensor == "binary_sensor.front_door_road_motion"
    world.ha.wait_state(sensor, "on")
    wait_for(lambda: yard not in world.ha.states(), "the other zone is gone", interval=0.1)
    check_ok(world.rig.front.command("reset_zones"), "reset_zones")
    wait_for(lambda: sensor not in world.ha.states(), "the new zone is gone", interval=0.1)
    world.ha.wait_state(world.entity("zone_yard_motion"), "on")
    world.announce_again()


def test_privacy_leaves_no_motion_behind(world: World) -> None:
    world.ha.call("switch.turn_off", world.entity("enabled"))
    world.ha.wait_state(world.entity("motion"), "unknown")


def test_no_motion_is_left_of_a_daemon_that_was_killed(world: World) -> None:
    sensor = world.entity("motion")
    world.ha.wait_state(sensor, "on")
    with world.ha.state_changes() as changes:
        world.rig.daemon.kill()
        world.ha.wait_state(sensor, "unavailable")
        world.rig.daemon.start()
        world.ha.wait_state(sensor, "on")
        states = [one["new_state"]["state"] for one in changes() if one["entity_id"] == sensor]
    assert states[:2] == ["unavailable", "unknown"], "and not on, as before"
