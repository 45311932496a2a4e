"""Every entity of a camera and of the bridge, as Home Assistant shows it."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tests.home_assistant.conftest import World, about_us, is_enabled
from tests.support.pictures import size_of
from tests.support.results import check_ok
from tests.support.waiting import wait_for


def _settable(world: World) -> dict[str, dict[str, Any]]:
    return {
        key: entry
        for key, entry in world.entities().items()
        if entry["platform"] in ("number", "select", "switch")
    }


def test_exactly_those_that_are_announced(world: World) -> None:
    assert set(world.ha.entities()) == set(world.entities())


def test_nothing_was_complained_about_since_the_start(world: World) -> None:
    assert not about_us(world.ha.log())
    assert not world.ha.issues()


def test_none_was_switched_off_or_hidden(world: World) -> None:
    wanted = world.entities()
    for unique_id, entry in world.ha.entities().items():
        assert entry["disabled_by"] == (None if is_enabled(wanted[unique_id]) else "integration")
        assert entry["hidden_by"] is None


def test_entity_ids_categories_and_icons(world: World) -> None:
    there = world.ha.entities()
    for unique_id, want in world.entities().items():
        entry = there[unique_id]
        assert entry["entity_id"] == want["default_entity_id"]
        assert entry["entity_category"] == want.get("entity_category")
        assert entry["original_name"] == want.get("name")
        assert entry["original_icon"] == want.get("icon")
        assert entry["original_device_class"] == want.get("device_class")


def test_no_two_entities_of_a_device_have_the_same_name(world: World) -> None:
    for payload in world.announced().values():
        names = [entry.get("name") for entry in payload["components"].values()]
        assert len(set(names)) == len(names), names


def test_devices(world: World) -> None:
    bridge, front = world.ha.device("mqttcam_yard"), world.ha.device("mqttcam_yard_front")
    assert bridge
    assert front
    assert front["name"] == "Front door"
    assert front["via_device_id"] == bridge["id"]
    assert bridge["via_device_id"] is None
    assert (bridge["area_id"], front["area_id"]) == ("garage", "garden")
    for topic, payload in world.announced().items():
        device = world.ha.device(topic.split("/")[2])
        assert device
        for key in ("manufacturer", "model", "hw_version", "sw_version", "name"):
            assert device[key] == payload["device"].get(key)
        there = world.ha.entities()
        for entry in payload["components"].values():
            assert there[entry["unique_id"]]["device_id"] == device["id"]


def test_every_state_is_known_but_what_is_unknown(world: World) -> None:
    world.wait_available()
    values, announced = world.rig.front.state(), world.entities()
    states = world.ha.states()
    enabled = [key for key in values if is_enabled(announced[f"mqttcam_yard_front_{key}"])]
    assert {"enabled", "brightness", "resolution", "last_error", "kafka_problem"} < set(enabled)
    for key in enabled:
        value = values[key]
        if value is None:
            assert states[world.entity(key)]["state"] == "unknown", key
        else:
            assert states[world.entity(key)]["state"] != "unknown", key


def test_values_units_limits_and_choices(world: World) -> None:
    states = world.ha.states()
    values = world.rig.front.state()
    for unique_id, want in _settable(world).items():
        state = states[world.ha.entity_id(unique_id)]
        attributes = state["attributes"]
        assert attributes.get("unit_of_measurement") == want.get("unit_of_measurement")
        if want["platform"] == "number":
            assert (attributes["min"], attributes["max"]) == (want["min"], want["max"])
            assert want["min"] <= float(state["state"]) <= want["max"]
        if want["platform"] == "select":
            assert attributes["options"] == want["options"]
    for key in ("image_quality", "brightness", "contrast"):
        assert float(states[world.entity(key)]["state"]) == values[key]
    assert states[world.entity("enabled")]["state"] == "on"
    assert states[world.entity("pattern")]["state"] == values["pattern"]


def test_the_camera_shows_what_is_on_mqtt(world: World) -> None:
    camera = world.entity("camera")
    front = world.rig.front

    def same() -> bool:
        published = {m.payload for m in world.rig.client.on(front.topic("image"))}
        return world.ha.picture(camera) in published

    wait_for(same, "a picture of Home Assistant's that was published", interval=0.1)
    first = world.ha.picture(camera)
    wait_for(lambda: world.ha.picture(camera) != first, "the next picture", interval=0.1)
    assert first is not None
    assert size_of(first) == (320, 240)


def test_the_camera_says_where_its_stream_and_its_snapshot_are(world: World) -> None:
    kinds = {"stream_url": "multipart/x-mixed-replace", "snapshot_url": "image/jpeg"}
    for device in ("yard_front", "yard_back"):
        attributes = world.ha.states()[world.entity("camera", device)]["attributes"]
        for name, kind in kinds.items():
            assert f"/cameras/{device.removeprefix('yard_')}/" in attributes[name]
            with urllib.request.urlopen(attributes[name], timeout=60) as answer:
                assert answer.headers.get_content_type() == kind
        others = world.ha.states()[world.entity("enabled", device)]["attributes"]
        assert not kinds.keys() & others.keys()


def test_a_window_is_text(world: World) -> None:
    window, front = world.entity("scaler_crop"), world.rig.front
    assert world.ha.states()[window]["state"] == "[0,0,320,240]"
    world.ha.call("text.set_value", window, value="40, 30, 160, 120")
    world.ha.wait_state(window, "[40,30,160,120]")
    assert front.state()["scaler_crop"] == [40, 30, 160, 120]
    world.ha.call("text.set_value", window, value="[0, 0, 320, 240]")
    world.ha.wait_state(window, "[0,0,320,240]")


def test_the_last_snapshot(world: World) -> None:
    front = world.rig.front
    image = world.entity("last_snapshot")
    for _ in range(2):
        since = world.rig.mark()
        check_ok(front.command("snapshot"), "snapshot")
        snapshot = world.rig.client.wait(front.topic("snapshot"), since=since)
        wait_for(partial(_shows, world, image, snapshot.payload), "the snapshot", interval=0.1)


def _shows(world: World, image: str, picture: bytes) -> bool:
    return world.ha.picture(image) == picture


def test_diagnostics_of_the_bridge(world: World) -> None:
    states = world.ha.states()
    status = states[world.entity("status", "yard")]
    assert status["state"] == "on"
    started = datetime.fromisoformat(states[world.entity("uptime", "yard")]["state"])
    assert timedelta() < datetime.now(UTC) - started < timedelta(minutes=30)
    assert states[world.entity("log_level", "yard")]["state"] == "INFO"


def test_problems_have_what_to_do_as_attributes(world: World) -> None:
    """Neither Kafka nor the TCP destination of this node exists."""

    def trouble() -> dict[str, dict[str, Any]]:
        attributes = world.ha.states()[world.entity("problem", "yard")]["attributes"]
        return {problem["part"]: problem for problem in attributes.get("trouble", [])}

    wait_for(lambda: {"Kafka", "TCP"} <= trouble().keys(), "the problems")
    kafka = trouble()["Kafka"]
    assert set(kafka["cameras"]) == {"front", "back"}
    assert kafka["text"]
    assert {"hint", "since", "level"} <= kafka.keys()
    # When the next try is would change all the time.
    assert "next_try" not in kafka
    running = world.ha.states()[world.entity("last_error")]["attributes"]
    assert (running["hint"], running["since"]) == (None, None)
