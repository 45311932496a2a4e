"""Restarts of Home Assistant, of the broker and of the daemon; devices that disappear and return."""

from __future__ import annotations

from tests.home_assistant.conftest import World
from tests.home_assistant.harness import now
from tests.support.daemon import pattern_camera
from tests.support.discovery import components
from tests.support.results import check_ok
from tests.support.waiting import wait_for

STARTS = 30
"""Seconds for everything to be back after a restart of something."""


def _all_is_well(world: World) -> None:
    """Check that every entity exists and is available, pictures arrive and a command works."""
    world.wait_available(STARTS)
    camera = world.entity("camera")
    first = world.ha.picture(camera)
    wait_for(lambda: world.ha.picture(camera) not in (None, first), "a new picture", STARTS, 0.1)
    quality = world.entity("image_quality")
    goal = 70 if world.ha.states()[quality]["state"] != "70" else 80
    world.ha.call("number.set_value", quality, value=goal)
    world.ha.wait_state(quality, str(goal))


def test_home_assistant_restarts(world: World) -> None:
    entries = {unique_id: entry["entity_id"] for unique_id, entry in world.ha.entities().items()}
    since = now()
    world.ha.restart()
    world.ha.wait_birth(since)
    _all_is_well(world)
    assert {unique_id: entry["entity_id"] for unique_id, entry in world.ha.entities().items()} == entries


def test_broker_restarts_and_has_lost_everything(world: World) -> None:
    with world.rig.client.reconnecting():
        world.broker.restart(wipe=True)
    _all_is_well(world)


def test_broker_lost_everything_and_home_assistant_restarts(world: World) -> None:
    world.ha.stop()
    with world.rig.client.reconnecting():
        world.broker.restart(wipe=True)
    world.ha.start()
    _all_is_well(world)


def test_daemon_is_killed_and_comes_back(world: World) -> None:
    world.rig.daemon.kill()
    for key in ("camera", "enabled", "brightness"):
        world.ha.wait_state(world.entity(key), "unavailable")
    world.ha.wait_state(world.entity("status", "yard"), lambda value: value in ("off", "unavailable"))
    world.rig.daemon.start()
    _all_is_well(world)


def test_daemon_stops_and_comes_back(world: World) -> None:
    world.rig.daemon.stop()
    world.ha.wait_state(world.entity("camera"), "unavailable")
    world.rig.daemon.start()
    _all_is_well(world)


def _delete(world: World, identifier: str) -> None:
    """Delete a device, and wait until Home Assistant has emptied its topic once per entity."""
    topic = f"homeassistant/device/{identifier}/config"
    entities = len(components(world.announced()[topic]))
    since = world.rig.mark()
    world.ha.delete_device(identifier)

    def emptied() -> int:
        return sum(m.topic == topic and not m.payload for m in world.rig.client.messages[since:])

    wait_for(lambda: emptied() == entities, "Home Assistant has emptied the topic once per entity")


def test_device_that_the_user_deletes_stays_away(world: World) -> None:
    topic = "homeassistant/device/mqttcam_yard_back/config"
    _delete(world, "mqttcam_yard_back")
    # The daemon answers in the order in which it receives: it has seen all of that.
    check_ok(world.rig.node.command("log_level", "INFO"), "log_level")
    assert world.ha.device("mqttcam_yard_back") is None

    since = world.rig.mark()
    world.rig.client.publish("homeassistant/status", "online")
    world.rig.client.wait("homeassistant/device/mqttcam_yard_front/config", since=since)
    world.rig.front.state()
    assert world.ha.device("mqttcam_yard_back") is None
    assert topic not in world.rig.discovery()

    check_ok(world.rig.node.command("rediscover"), "rediscover")
    wait_for(lambda: world.ha.device("mqttcam_yard_back"), "the device is back", interval=0.1)
    _all_is_well(world)


def _linked(world: World) -> bool:
    bridge = world.ha.device("mqttcam_yard")
    cameras = [world.ha.device(f"mqttcam_yard_{camera}") for camera in ("front", "back")]
    return bridge is not None and all(
        camera is not None and camera["via_device_id"] == bridge["id"] for camera in cameras
    )


def test_cameras_are_linked_to_a_bridge_that_was_deleted_and_discovered_again(world: World) -> None:
    assert _linked(world)
    _delete(world, "mqttcam_yard")
    check_ok(world.rig.node.command("rediscover"), "rediscover")
    wait_for(lambda: _linked(world), "the cameras are linked to the new bridge", interval=0.1)
    _all_is_well(world)


def test_cameras_are_linked_to_a_bridge_that_was_deleted_while_the_daemon_was_stopped(world: World) -> None:
    world.rig.daemon.stop()
    world.ha.wait_state(world.entity("camera"), "unavailable")
    _delete(world, "mqttcam_yard")
    world.rig.daemon.start()
    wait_for(lambda: _linked(world), "the cameras are linked to the new bridge", interval=0.1)
    _all_is_well(world)


def test_camera_that_leaves_the_configuration_disappears(world: World) -> None:
    config = world.rig.daemon.config
    assert isinstance(config, dict)
    before = config["cameras"]
    config["cameras"] = {"front": pattern_camera(name="Front door")}
    world.rig.daemon.write_config()
    check_ok(world.rig.node.command("reload"), "reload")
    wait_for(lambda: world.ha.device("mqttcam_yard_back") is None, "the device is gone", interval=0.1)
    assert not [unique_id for unique_id in world.ha.entities() if unique_id.startswith("mqttcam_yard_back_")]
    _all_is_well(world)
    config["cameras"] = before
    world.rig.daemon.write_config()
    check_ok(world.rig.node.command("reload"), "reload")
    world.wait_available()
