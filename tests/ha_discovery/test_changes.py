"""Changes from one payload to the next, and the migration from single-component topics."""

from typing import Any

import pytest

from ha_discovery import (
    Component,
    Device,
    DeviceAutomation,
    DeviceDiscovery,
    Message,
    Number,
    Origin,
    Removal,
    RemoveFirstError,
    Sensor,
    Text,
    migrate,
    remove_device,
    update_steps,
    with_removals,
)


def announce(**components: Component | Removal) -> DeviceDiscovery:
    return DeviceDiscovery(
        device=Device(identifiers=["d"]), origin=Origin(name="tests"), components=components, state_topic="x"
    )


def parts(discovery: DeviceDiscovery) -> dict[str, Any]:
    return {key: part.platform for key, part in discovery.components.items() if isinstance(part, Component)}


def removed(discovery: DeviceDiscovery) -> dict[str, Any]:
    return {key: part.platform for key, part in discovery.components.items() if isinstance(part, Removal)}


KEPT = Sensor(unique_id="kept")
GONE = Sensor(unique_id="gone")
TRIGGER = DeviceAutomation(type="click", subtype="1", topic="x")


def test_missing_components_are_removed() -> None:
    previous = announce(kept=KEPT, gone=GONE, trigger=TRIGGER)
    new = announce(kept=KEPT, added=Number(unique_id="added", command_topic="x"))
    both = with_removals(previous.payload(), new)
    assert parts(both) == {"kept": "sensor", "added": "number"}
    assert removed(both) == {"gone": "sensor", "trigger": "device_automation"}
    assert both.payload()["cmps"]["gone"] == {"p": "sensor"}
    assert both.payload()["stat_t"] == "x"
    assert update_steps(previous.payload(), new) == [both]


def test_payload_without_missing_components_is_unchanged() -> None:
    new = announce(kept=KEPT)
    assert with_removals(new.payload(), new).payload() == new.payload()
    assert with_removals({}, new).payload() == new.payload()


def test_previous_payload_may_have_full_names() -> None:
    previous = {"device": {}, "components": {"gone": {"platform": "valve", "unique_id": "u"}}}
    assert removed(with_removals(previous, announce(kept=KEPT))) == {"gone": "valve"}


def test_component_is_removed_only_once() -> None:
    first = with_removals(announce(kept=KEPT, gone=GONE).payload(), announce(kept=KEPT))
    assert removed(first) == {"gone": "sensor"}
    assert removed(with_removals(first.payload(), announce(kept=KEPT))) == {}
    # the key is free for another platform now
    again = announce(kept=KEPT, gone=Text(unique_id="t", command_topic="x"))
    assert with_removals(first.payload(), again) == again


@pytest.mark.parametrize(
    "previous",
    [
        {"cmps": None},
        {"cmps": ["sensor"]},
        {"cmps": {"a": None, "b": [], "c": {"uniq_id": "u", "x": 1}, "d": {"p": 1, "x": 1}}},
        {"cmps": {"e": {"p": "webcam", "uniq_id": "u"}, "f": {"p": ["sensor"], "uniq_id": "u"}}},
        {"migrate_discovery": True},
    ],
)
def test_invalid_components_of_the_previous_payload_are_ignored(previous: dict[str, Any]) -> None:
    new = announce(kept=KEPT)
    assert with_removals(previous, new) == new


def test_new_platform_for_a_key_takes_two_payloads() -> None:
    previous = announce(kept=KEPT, thing=Sensor(unique_id="u"), gone=GONE).payload()
    new = announce(kept=KEPT, thing=Number(unique_id="u", command_topic="x"))
    with pytest.raises(
        RemoveFirstError,
        match=r"component thing changes from sensor to number.*removes the old",
    ) as caught:
        with_removals(previous, new)
    assert caught.value.removals == {"thing": "sensor"}
    first, second = update_steps(previous, new)
    assert parts(first) == {"kept": "sensor"}
    assert removed(first) == {"thing": "sensor", "gone": "sensor"}
    assert second == new
    assert with_removals(first.payload(), new) == new


def test_new_key_for_an_entity_takes_two_payloads() -> None:
    previous = announce(kept=KEPT, one=Sensor(unique_id="u"), click=TRIGGER).payload()
    new = announce(kept=KEPT, two=Sensor(unique_id="u"), clack=TRIGGER)
    with pytest.raises(RemoveFirstError, match="key of sensor u changes from one to two") as caught:
        with_removals(previous, new)
    assert caught.value.removals == {"one": "sensor", "click": "device_automation"}
    first, second = update_steps(previous, new)
    assert parts(first) == {"kept": "sensor"}
    assert removed(first) == {"one": "sensor", "click": "device_automation"}
    assert second == new


def test_explicit_removal_is_kept() -> None:
    previous = announce(kept=KEPT, gone=GONE, thing=Sensor(unique_id="u")).payload()
    new = announce(kept=KEPT, gone=Removal(platform="sensor"))
    assert removed(with_removals(previous, new)) == {"gone": "sensor", "thing": "sensor"}


def test_device_is_removed_by_an_empty_retained_message() -> None:
    assert remove_device("t") == Message("t", b"", retain=True)


def test_migration_releases_then_clears_then_announces() -> None:
    olds = ["homeassistant/sensor/d/kept/config", "homeassistant/number/x/config"]
    new = announce(kept=KEPT)
    ask = b'{"migrate_discovery": true}'
    assert migrate(olds, new, "homeassistant/device/d/config") == [
        Message(olds[0], ask, retain=False),
        Message(olds[1], ask, retain=False),
        Message(olds[0], b"", retain=True),
        Message(olds[1], b"", retain=True),
        Message("homeassistant/device/d/config", new.payload_bytes(), retain=True),
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/d/config",
        "homeassistant/webcam/d/config",
        "homeassistant/sensor/config",
        "homeassistant/sensor/a/b/c/config",
        "homeassistant/sensor/a b/config",
        "homeassistant/sensor/+/config",
        "homeassistant/#/sensor/a/config",
        "homeassistant/sensor/d/state",
        "sensor/d/config",
        "homeassistant/sensor/d/config\n",
    ],
)
def test_migration_refuses_other_topics(topic: str) -> None:
    with pytest.raises(ValueError, match=r"not a topic of a single component|wildcard|not allowed in topics"):
        migrate([topic], announce(kept=KEPT), "homeassistant/device/d/config")
    with pytest.raises(ValueError, match="wildcard"):
        migrate([], announce(kept=KEPT), "homeassistant/device/+/config")
