"""Discovery for Home Assistant: topics, identifiers and entities."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.broker import Mosquitto
from tests.support.client import retained
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.discovery import full, others_retained
from tests.support.results import check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for

NODE = "homeassistant/device/mqttcam_yard/config"
FRONT = "homeassistant/device/mqttcam_yard_front/config"


def _device(shared: Rig, topic: str) -> dict[str, Any]:
    found: dict[str, Any] = full(shared.client.wait(topic).json)
    return found


def _components(shared: Rig, topic: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = _device(shared, topic)["components"]
    return found


def test_the_discovery_command_prints_what_is_published(shared: Rig) -> None:
    shared.front.wait_availability("online")
    config = str(shared.daemon.config_file)
    done = mqttcam_command(shared.daemon.directory, "discovery", "-c", config)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed == shared.discovery()
    assert list(printed) == [NODE, FRONT]


def test_discovery_is_retained_and_the_node_comes_first(shared: Rig) -> None:
    assert shared.client.wait(NODE).index < shared.client.wait(FRONT).index
    assert set(shared.discovery()) == {NODE, FRONT}


def test_unchanged_discovery_is_not_published_again(shared: Rig) -> None:
    shared.front.next_image()
    assert len({m.payload for m in shared.client.on(FRONT)}) == 1


def test_devices(shared: Rig) -> None:
    node, front = _device(shared, NODE), _device(shared, FRONT)
    for payload in (node, front):
        assert payload["origin"]["name"] == "mqttcam"
        assert payload["device"]["sw_version"]
    assert _identifiers(node) == ["mqttcam_yard"]
    assert _identifiers(front) == ["mqttcam_yard_front"]
    assert front["device"]["via_device"] == "mqttcam_yard"
    assert "via_device" not in node["device"]
    assert front["device"]["name"] == "Front"


def _identifiers(payload: dict[str, Any]) -> list[str]:
    identifiers = payload["device"]["identifiers"]
    return [identifiers] if isinstance(identifiers, str) else list(identifiers)


def test_availability_is_of_the_node_and_the_camera(shared: Rig) -> None:
    front = _device(shared, FRONT)
    for component in front["components"].values():
        availability = component.get("availability", front.get("availability"))
        topics = {entry["topic"] for entry in availability}
        # A picture is unavailable while its camera is off, which the state says.
        picture = {"mqttcam/yard/front/state"} if component["platform"] in ("camera", "image") else set()
        assert topics == {"mqttcam/yard/status", "mqttcam/yard/front/availability"} | picture
        assert component.get("availability_mode", front.get("availability_mode")) == "all"


def test_unique_ids(shared: Rig) -> None:
    for topic, start in ((FRONT, "mqttcam_yard_front_"), (NODE, "mqttcam_yard_")):
        ids = [component["unique_id"] for component in _components(shared, topic).values()]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(start + r"[a-z0-9_]+", unique_id) for unique_id in ids), ids


def test_entities_have_default_entity_id_and_no_object_id(shared: Rig) -> None:
    for topic in (NODE, FRONT):
        for component in _components(shared, topic).values():
            assert "object_id" not in component
            if component["platform"] not in ("device_automation", "tag"):
                assert component["default_entity_id"].startswith(component["platform"] + ".")


def test_every_control_and_value_is_an_entity(shared: Rig) -> None:
    state = shared.front.state()
    by_key = {
        component["unique_id"].removeprefix("mqttcam_yard_front_"): component
        for component in _components(shared, FRONT).values()
    }
    assert set(state) <= set(by_key), "each value of the state is shown by an entity"
    for key in ("brightness", "contrast", "saturation"):
        assert by_key[key]["platform"] == "number"
        assert by_key[key]["entity_category"] == "config"
    assert by_key["pattern"]["platform"] == "select"
    assert by_key["enabled"]["platform"] == "switch"
    assert by_key["snapshot"]["platform"] == "button"
    for key in ("fps", "frame_age", "dropped_frames", "resolution", "restarts", "last_error"):
        assert by_key[key]["platform"] == "sensor"
        assert by_key[key]["entity_category"] == "diagnostic"
    assert {component["platform"] for component in by_key.values()} >= {"camera", "image"}


def test_command_topics_are_below_the_node(shared: Rig) -> None:
    for topic, base in ((NODE, "mqttcam/yard/"), (FRONT, "mqttcam/yard/front/")):
        for component in _components(shared, topic).values():
            if "command_topic" in component:
                assert re.fullmatch(base + r"(set(/[a-z0-9_]+)?|cmd/[a-z0-9_]+)", component["command_topic"])


def test_discovery_can_be_disabled(launch: Launch) -> None:
    rig = launch(home_assistant={"enabled": False})
    rig.front.next_image()
    rig.node.command("rediscover")
    assert not [m for m in rig.client.messages if f"device/mqttcam_{rig.node.name}" in m.topic]
    assert not rig.discovery()


def test_the_discovery_prefix_can_be_configured(launch: Launch) -> None:
    rig = launch(home_assistant={"discovery_prefix": "ha"})
    rig.client.wait(f"ha/device/mqttcam_{rig.node.name}_front/config")
    assert not rig.discovery()


def test_a_device_deleted_by_the_user_is_not_published_again(launch: Launch) -> None:
    """Deleting a device, Home Assistant publishes an empty payload on its topic."""
    rig = launch(cameras={"front": pattern_camera(), "back": pattern_camera()})
    topic = f"homeassistant/device/mqttcam_{rig.node.name}_front/config"
    rig.client.wait(topic)
    rig.front.next_image()
    rig.client.publish(topic, b"", retain=True)
    since = rig.mark()
    rig.front.state()
    rig.client.publish("homeassistant/status", "online")
    rig.client.wait(f"homeassistant/device/mqttcam_{rig.node.name}_back/config", since=since)
    rig.node.wait_online(since=since)
    assert topic not in rig.discovery()
    check_ok(rig.node.command("rediscover"), "rediscover")
    rig.client.wait(topic, lambda m: m.payload, since=since)


class TestForget:
    """`mqttcam forget` empties what this node left on the broker, and only that."""

    def test_everything_of_this_node(self, launch: Launch) -> None:
        rig = launch(cameras={"front": pattern_camera(image={"retain": True}), "back": pattern_camera()})
        rig.front.next_image()
        rig.client.wait(rig.node.topic("health"))
        rig.daemon.stop()
        assert rig.retained()
        assert rig.discovery()
        self._forget(rig)
        assert not rig.retained()
        assert not rig.discovery()

    def test_also_of_cameras_that_are_no_longer_configured(self, launch: Launch) -> None:
        rig = launch(cameras={"front": pattern_camera(), "back": pattern_camera()})
        rig.node.camera("back").wait_availability("online")
        rig.daemon.stop()
        assert isinstance(rig.daemon.config, dict)
        del rig.daemon.config["cameras"]["back"]
        rig.daemon.write_config()
        self._forget(rig)
        assert not rig.retained()
        assert not rig.discovery()

    @pytest.mark.parametrize("other", ["shed2", "shed_2", "she", "shed-front"])
    def test_nothing_of_another_node(self, launch: Launch, other: str) -> None:
        mine, neighbour = launch(node="shed"), launch(node=other)
        neighbour.front.next_image()
        mine.daemon.stop()
        before = {
            t: m.payload for t, m in neighbour.retained().items() if not t.endswith(("state", "health"))
        }
        announced = f"homeassistant/device/mqttcam_{other}"
        self._forget(mine)
        after = neighbour.retained("#")
        assert not [t for t in after if t.startswith("mqttcam/shed/")]
        assert {t: after[t].payload for t in before} == before
        assert f"{announced}/config" in after
        assert f"{announced}_front/config" in after

    def test_nothing_of_others_that_make_use_of_it(self, launch: Launch) -> None:
        rig = launch()
        kept = others_retained(rig.node.name)
        for topic, payload in kept.items():
            rig.client.publish(topic, payload, retain=True)
        rig.daemon.stop()
        self._forget(rig)
        held = rig.retained("#")
        assert {topic: held[topic].text for topic in kept if topic in held} == kept

    @pytest.mark.parametrize("access", ["readwrite", "read"])
    def test_with_access_to_its_own_topics_alone(self, launch: Launch, tmp_path: Path, access: str) -> None:
        acl = tmp_path / "acl"
        own = ("mqttcam/shed/#", *(f"homeassistant/device/mqttcam_shed{x}/config" for x in ("", "_front")))
        acl.write_text(
            "\n".join([*(f"topic {access} {name}" for name in own), "user mqttcam", "topic readwrite #", ""])
        )
        extra = f"allow_anonymous true\nacl_file {acl}"
        with Mosquitto(tmp_path / "mosquitto", password="secret", extra=extra) as broker:
            rig = launch(on=broker, node="shed")
            rig.front.next_image()
            rig.daemon.stop()
            assert isinstance(rig.daemon.config, dict)
            for key in ("username", "password"):
                del rig.daemon.config["mqtt"][key]
            rig.daemon.write_config()
            done = mqttcam_command(rig.daemon.directory, "forget", "-c", str(rig.daemon.config_file))
            if access == "readwrite":
                assert done.returncode == 0, done.stderr
                assert not rig.retained()
                assert not rig.discovery()
            else:
                assert done.returncode == 1
                assert re.search(
                    r"topics are still retained, such as homeassistant/device/mqttcam_shed", done.stderr
                )

    @staticmethod
    def _forget(rig: Rig) -> None:
        done = mqttcam_command(rig.daemon.directory, "forget", "-c", str(rig.daemon.config_file))
        assert done.returncode == 0, done.stderr


def test_discovery_is_cleared_once_it_is_switched_off(launch: Launch) -> None:
    rig = launch()
    wait_for(lambda: len(rig.discovery()) == 2, "the node and its camera are announced")
    config = rig.daemon.config
    assert isinstance(config, dict)
    config["home_assistant"] = {"enabled": False}
    since = rig.mark()
    rig.daemon.restart()
    rig.node.wait_online(since=since)
    wait_for(lambda: not rig.discovery(), "the messages are cleared")


def test_discovery_below_an_earlier_prefix_is_cleared(launch: Launch) -> None:
    rig = launch()
    wait_for(lambda: len(rig.discovery()) == 2, "the node and its camera are announced")
    config = rig.daemon.config
    assert isinstance(config, dict)
    config["home_assistant"] = {"discovery_prefix": "elsewhere"}
    since = rig.mark()
    rig.daemon.restart()
    rig.node.wait_online(since=since)
    wait_for(lambda: not rig.discovery(), "the earlier messages are cleared")
    wait_for(lambda: len(retained(rig.broker, "elsewhere/#")) == 2, "there are new ones")
