"""Devices that change, move and go, in a running Home Assistant."""

from typing import Any

import pytest

from ha_discovery import (
    Availability,
    Component,
    Device,
    DeviceDiscovery,
    Message,
    Number,
    Origin,
    Sensor,
    device_topic,
    migrate,
    remove_device,
    update_steps,
    with_removals,
)
from tests.home_assistant.harness import HomeAssistant
from tests.support.client import Client
from tests.support.waiting import wait_for

pytestmark = pytest.mark.home_assistant


def device(identifier: str, components: dict[str, Component], **shared: Any) -> DeviceDiscovery:
    return DeviceDiscovery(
        device=Device(identifiers=[identifier], name=identifier.title()),
        origin=Origin(name="tests"),
        components=components,
        **shared,
    )


def publish(client: Client, *messages: Message) -> None:
    for message in messages:
        client.publish(message.topic, message.payload, retain=message.retain)


def sensor(unique_id: str) -> Sensor:
    return Sensor(unique_id=unique_id, name=unique_id.title(), state_topic=f"test/{unique_id}")


def test_shared_options_hold_for_all_components(home_assistant: HomeAssistant, client: Client) -> None:
    publish(
        client,
        device(
            "shared",
            {
                "one": Sensor(unique_id="shared_one", name="One", value_template="{{ value_json.one }}"),
                "two": Sensor(
                    unique_id="shared_two", name="Two", value_template="{{ value_json.two }}", availability=[]
                ),
            },
            state_topic="test/shared",
            availability=[Availability(topic="test/shared/status")],
        ).message(device_topic("shared")),
    )
    one, two = home_assistant.entity_id("shared_one"), home_assistant.entity_id("shared_two")
    client.publish("test/shared", {"one": 1, "two": 2}, retain=True)
    client.publish("test/shared/status", "online", retain=True)
    home_assistant.wait_state(one, "1")
    home_assistant.wait_state(two, "2")
    client.publish("test/shared/status", "offline", retain=True)
    home_assistant.wait_state(one, "unavailable")
    home_assistant.wait_state(two, "2")


def test_component_is_removed(home_assistant: HomeAssistant, client: Client) -> None:
    topic = device_topic("removal")
    before = device("removal", {"kept": sensor("kept"), "gone": sensor("gone")})
    publish(client, before.message(topic))
    home_assistant.entity_id("gone")
    after = with_removals(before.payload(), device("removal", {"kept": sensor("kept")}))
    publish(client, after.message(topic))
    wait_for(lambda: "gone" not in home_assistant.entities(), "the sensor's removal", interval=0.1)
    assert "kept" in home_assistant.entities()


def test_component_changes_its_platform(home_assistant: HomeAssistant, client: Client) -> None:
    topic = device_topic("platform")
    before = device("platform", {"thing": sensor("changing")})
    publish(client, before.message(topic))
    assert home_assistant.entity_id("changing") == "sensor.platform_changing"
    after = device(
        "platform", {"thing": Number(unique_id="changing", name="Thing", command_topic="test/changing/set")}
    )
    steps = update_steps(before.payload(), after)
    assert len(steps) == 2
    publish(client, *(step.message(topic) for step in steps))

    wait_for(lambda: "number.platform_thing" in home_assistant.states(), "the number", interval=0.1)
    assert "sensor.platform_changing" not in home_assistant.states()
    assert home_assistant.entity_id("changing") == "number.platform_thing"


def test_device_is_removed(home_assistant: HomeAssistant, client: Client) -> None:
    topic = device_topic("leaving")
    publish(client, device("leaving", {"thing": sensor("leaving")}).message(topic))
    home_assistant.entity_id("leaving")
    publish(client, remove_device(topic))
    wait_for(lambda: home_assistant.device("leaving") is None, "the device's removal", interval=0.1)
    assert "leaving" not in home_assistant.entities()


def test_migration_keeps_what_the_user_changed(home_assistant: HomeAssistant, client: Client) -> None:
    old_topic = "homeassistant/sensor/moving/thing/config"
    old = {
        "unique_id": "moving",
        "state_topic": "test/moving",
        "device": {"identifiers": ["moving"], "name": "Moving"},
    }
    client.publish("test/moving", "1", retain=True)
    client.publish(old_topic, old, retain=True)
    home_assistant.wait_state(home_assistant.entity_id("moving"), "1")
    home_assistant.ask(
        "config/entity_registry/update",
        entity_id=home_assistant.entity_id("moving"),
        new_entity_id="sensor.my_own_name",
    )
    home_assistant.wait_state("sensor.my_own_name", "1")
    new = device("moving", {"thing": sensor("moving")})
    publish(client, *migrate([old_topic], new, device_topic("moving")))
    client.publish("test/moving", "2", retain=True)
    home_assistant.wait_state("sensor.my_own_name", "2")
    assert home_assistant.entity_id("moving") == "sensor.my_own_name"
