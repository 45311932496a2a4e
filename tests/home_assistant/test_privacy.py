"""A camera that is switched off: Home Assistant shows none of its pictures any more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.home_assistant.conftest import World
from tests.support.results import check_ok
from tests.support.waiting import wait_for

PICTURES = ("camera", "last_snapshot", "last_motion")


@pytest.fixture(autouse=True)
def _on_again(world: World) -> Iterator[None]:
    front = world.rig.front
    rate = front.state()["image_fps"]
    check_ok(front.command("snapshot"), "snapshot")
    for key in PICTURES:
        wait_for(partial(world.ha.picture, world.entity(key)), f"a picture of {key}", interval=0.1)
    yield
    # After a reload, commands are refused until the camera has been replaced.
    wait_for(lambda: front.set({"enabled": "ON", "image_fps": rate})["ok"], "the camera is on", interval=0.2)
    front.next_image(lambda message: bool(message.payload))


def _gone(world: World) -> None:
    for key in PICTURES:
        entity = world.entity(key)
        world.ha.wait_state(entity, "unavailable")
        wait_for(partial(_has_none, world, entity), f"no picture of {key}", interval=0.1)


def _has_none(world: World, entity: str) -> bool:
    return world.ha.picture(entity) is None


def test_no_picture_is_shown_while_the_camera_is_off(world: World) -> None:
    switch, camera = world.entity("enabled"), world.entity("camera")
    world.ha.call("switch.turn_off", switch)
    world.ha.wait_state(switch, "off")
    _gone(world)
    since = world.rig.mark()
    world.rig.front.state()
    assert not world.rig.client.on(world.rig.front.topic("image"), since)
    world.ha.call("switch.turn_on", switch)
    world.ha.wait_state(switch, "on")
    world.ha.wait_state(camera, lambda value: value != "unavailable")
    wait_for(lambda: world.ha.picture(camera), "a new picture", interval=0.1)


def test_a_picture_comes_at_switching_on_even_if_images_are_only_sent_on_demand(world: World) -> None:
    camera = world.entity("camera")
    check_ok(world.rig.front.set({"image_fps": 0, "enabled": "OFF"}), "set")
    _gone(world)
    check_ok(world.rig.front.set({"enabled": "ON"}), "set")
    wait_for(lambda: world.ha.picture(camera), "a new picture", interval=0.1)


def test_no_picture_is_shown_after_a_restart_of_the_daemon_or_of_home_assistant(world: World) -> None:
    check_ok(world.rig.front.set({"enabled": "OFF"}), "set")
    world.rig.daemon.kill()
    world.rig.daemon.start()
    _gone(world)
    world.ha.restart()
    _gone(world)
    world.ha.wait_state(world.entity("enabled"), "off")


def test_no_picture_is_shown_after_a_reload_has_closed_the_camera(world: World) -> None:
    config = world.rig.daemon.config
    assert isinstance(config, dict)
    before = config["cameras"]["front"]
    for settings in ({**before, "enabled": False}, before):
        config["cameras"]["front"] = settings
        world.rig.daemon.write_config()
        check_ok(world.rig.node.command("reload"), "reload")
        if settings is not before:
            _gone(world)
