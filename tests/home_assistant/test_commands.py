"""Every entity that can be operated is, as a user does it: the daemon changes, Home Assistant shows it."""

from __future__ import annotations

from tests.home_assistant.conftest import World
from tests.support.pictures import size_of
from tests.support.waiting import wait_for


def _operable(world: World, platform: str) -> list[str]:
    prefix = "mqttcam_yard_front_"
    return [
        unique_id.removeprefix(prefix)
        for unique_id, entry in world.entities().items()
        if entry["platform"] == platform and unique_id.startswith(prefix)
    ]


def test_every_number(world: World) -> None:
    front = world.rig.front
    before = front.state()
    keys = _operable(world, "number")
    assert {"brightness", "contrast", "saturation", "image_quality", "image_fps"} <= set(keys)
    for key in keys:
        entity = world.entity(key)
        limits = world.ha.states()[entity]["attributes"]
        middle = (limits["min"] + limits["max"]) / 2
        step = limits["step"]
        goal = round(limits["min"] + round((middle - limits["min"]) / step) * step, 6)
        world.ha.call("number.set_value", entity, value=goal)
        world.ha.wait_state(entity, lambda value, goal=goal: abs(float(value) - goal) < 1e-6)
        assert abs(front.state()[key] - goal) < 1e-6
    front.set({key: before[key] for key in keys if before[key] is not None})


def test_every_select(world: World) -> None:
    front = world.rig.front
    keys = _operable(world, "select")
    assert "pattern" in keys
    for key in keys:
        entity = world.entity(key)
        options = world.ha.states()[entity]["attributes"]["options"]
        before = front.state()[key]
        for option in (options[-1], options[0], before or options[0]):  # no preset may be selected
            world.ha.call("select.select_option", entity, option=option)
            world.ha.wait_state(entity, option)
            assert front.state()[key] == option


def test_every_switch(world: World) -> None:
    front = world.rig.front
    keys = _operable(world, "switch")
    assert "enabled" in keys
    for key in keys:
        entity = world.entity(key)
        was_on = front.state()[key] == "ON"
        for turn in ("off", "on") if was_on else ("on", "off"):
            world.ha.call(f"switch.turn_{turn}", entity)
            world.ha.wait_state(entity, turn)
            assert front.state()[key] == turn.upper()


def test_snapshot_button(world: World) -> None:
    front = world.rig.front
    since = world.rig.mark()
    before = world.ha.states()[world.entity("last_snapshot")]["state"]
    world.ha.call("button.press", world.entity("snapshot"))
    picture = world.rig.client.wait(front.topic("snapshot"), since=since)
    assert size_of(picture.payload) == (320, 240)
    assert world.rig.client.wait(front.topic("result"), since=since).json["ok"] is True
    world.ha.wait_state(world.entity("last_snapshot"), lambda value: value not in (before, "unknown"))


def test_photo_button(world: World) -> None:
    front = world.rig.front
    since = world.rig.mark()
    world.ha.call("button.press", world.entity("photo"))
    meta = world.rig.client.wait(front.topic("photo/meta"), since=since).json
    assert (meta["width"], meta["height"], meta["type"]) == (320, 240, "jpeg")
    _, date, name = meta["file"].split("/")
    taken = f"{date}T{name[:2]}:{name[2:4]}:{name[4:6]}+00:00"
    world.ha.wait_state(world.entity("last_photo"), taken)


def test_every_other_button_of_the_camera(world: World) -> None:
    front = world.rig.front
    for key in _operable(world, "button"):
        since = world.rig.mark()
        world.ha.call("button.press", world.entity(key))
        result = world.rig.client.wait(front.topic("result"), since=since).json
        assert result["ok"] is True, key
        front.next_image()


def test_log_level_of_the_bridge(world: World) -> None:
    entity = world.entity("log_level", "yard")
    for level in ("DEBUG", "INFO"):
        world.ha.call("select.select_option", entity, option=level)
        world.ha.wait_state(entity, level)


def test_restart_of_the_bridge(world: World) -> None:
    since = world.rig.mark()
    world.ha.call("button.press", world.entity("restart", "yard"))
    gone = world.rig.node.wait_status("offline", since=since)
    world.rig.node.wait_online(since=gone.index)
    world.ha.wait_state(world.entity("enabled"), "on", 30)
    wait_for(lambda: world.ha.picture(world.entity("camera")), "a picture", interval=0.1)
