"""Topics and payloads made from models."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

import ha_discovery
from ha_discovery import (
    Availability,
    Button,
    Camera,
    Component,
    Device,
    DeviceAutomation,
    DeviceDiscovery,
    Light,
    LightJson,
    LightTemplate,
    Message,
    Number,
    Origin,
    Removal,
    Select,
    Sensor,
    Switch,
    Update,
    device_topic,
)

DEVICE = Device(identifiers=["d"], name="Thing")
ORIGIN = Origin(name="tests")


def announce(shared: dict[str, Any] | None = None, **components: Component | Removal) -> DeviceDiscovery:
    return DeviceDiscovery(device=DEVICE, origin=ORIGIN, components=components, **shared or {})


def sensor(unique_id: str = "u", **given: Any) -> Sensor:
    return Sensor(**{"unique_id": unique_id, "state_topic": "x", **given})


def test_payload_has_short_names() -> None:
    discovery = DeviceDiscovery(
        device=Device(
            identifiers=["d"],
            connections=[("mac", "dc:a6:32:00:00:01")],
            name="Front door",
            manufacturer="Example",
            model="Camera 3",
            model_id="c3",
            hw_version="1",
            sw_version="2",
            serial_number="3",
            suggested_area="Garden",
            configuration_url="http://192.0.2.1/",
            via_device="bridge",
        ),
        origin=Origin(name="tests", sw_version="1.0", support_url="https://example.org/"),
        components={
            "picture": Camera(unique_id="u1", topic="x/image", name=None, entity_category="diagnostic"),
            "zoom": Number(unique_id="u2", command_topic="x/zoom", min=0.5, max=8, step=0.5, icon="mdi:plus"),
            "mode": Select(unique_id="u3", command_topic="x/mode", options=("Night", "Tag Ä")),
            "old": Removal(platform="tag"),
        },
        availability=[
            Availability(topic="x/status"),
            Availability(topic="y", payload_available="1", value_template="{{ value }}"),
        ],
        availability_mode="all",
        state_topic="x/state",
        qos=1,
    )
    assert discovery.payload() == {
        "dev": {
            "ids": ["d"],
            "cns": [["mac", "dc:a6:32:00:00:01"]],
            "name": "Front door",
            "mf": "Example",
            "mdl": "Camera 3",
            "mdl_id": "c3",
            "hw": "1",
            "sw": "2",
            "sn": "3",
            "sa": "Garden",
            "cu": "http://192.0.2.1/",
            "via_device": "bridge",
        },
        "o": {"name": "tests", "sw": "1.0", "url": "https://example.org/"},
        "cmps": {
            "picture": {
                "p": "camera",
                "uniq_id": "u1",
                "name": None,
                "ent_cat": "diagnostic",
                "t": "x/image",
            },
            "zoom": {
                "p": "number",
                "uniq_id": "u2",
                "ic": "mdi:plus",
                "cmd_t": "x/zoom",
                "min": 0.5,
                "max": 8,
                "step": 0.5,
            },
            "mode": {"p": "select", "uniq_id": "u3", "ops": ["Night", "Tag Ä"], "cmd_t": "x/mode"},
            "old": {"p": "tag"},
        },
        "avty": [{"t": "x/status"}, {"t": "y", "pl_avail": "1", "val_tpl": "{{ value }}"}],
        "avty_mode": "all",
        "stat_t": "x/state",
        "qos": 1,
    }


def test_payload_bytes_are_compact_utf_8() -> None:
    data = announce(s=sensor(name="Größe", value_template="{{ value }}")).payload_bytes()
    assert "Größe".encode() in data
    assert b'":"' in data
    assert b", " not in data
    assert json.loads(data)["cmps"]["s"]["name"] == "Größe"


def test_only_a_name_set_to_none_is_null() -> None:
    assert "name" not in sensor().to_dict()
    assert sensor(name=None).to_dict()["name"] is None
    assert "dev_cla" not in sensor(device_class=None).to_dict()
    assert "name" not in Device(identifiers=["d"], name=None).to_dict()


def test_defaults_are_omitted() -> None:
    switch = Switch(
        unique_id="u", command_topic="x", payload_on="ON", optimistic=False, enabled_by_default=True
    )
    assert switch.to_dict() == {"p": "switch", "uniq_id": "u", "cmd_t": "x"}
    assert announce({"qos": 0, "encoding": "utf-8"}, s=sensor()).payload().keys() == {"dev", "o", "cmps"}


def test_shared_option_set_to_its_default_is_sent() -> None:
    part = sensor(qos=0, encoding="utf-8", availability=[], availability_mode="latest").to_dict()
    assert part["qos"] == 0
    assert part["e"] == "utf-8"
    assert part["avty"] == []
    assert part["avty_mode"] == "latest"


def test_range_set_to_its_default_is_sent() -> None:
    number = Number(unique_id="u", command_topic="x", min=0, max=100.0, step=1)
    assert number.to_dict() == {"p": "number", "uniq_id": "u", "cmd_t": "x", "min": 0, "max": 100}


@pytest.mark.parametrize(
    ("value", "written"), [(2.0, "2"), (2.5, "2.5"), (-0.0, "0"), (-1e6, "-1000000"), (-1e300, "-1e+300")]
)
def test_whole_numbers_have_no_decimal_point(value: float, written: str) -> None:
    number = Number(unique_id="u", command_topic="x", min=value, max=1e7)
    assert repr(json.loads(announce(n=number).payload_bytes())["cmps"]["n"]["min"]) == written


def test_fixed_keys_are_always_sent() -> None:
    trigger = DeviceAutomation(type="click", subtype="1", topic="x")
    assert trigger.to_dict() == {
        "p": "device_automation",
        "atype": "trigger",
        "type": "click",
        "stype": "1",
        "t": "x",
    }
    template = LightTemplate(
        unique_id="u", command_topic="x", command_on_template="1", command_off_template="0"
    )
    assert "schema" not in Light(unique_id="u", command_topic="x").to_dict()
    assert LightJson(unique_id="u", command_topic="x").to_dict()["schema"] == "json"
    assert template.to_dict()["schema"] == "template"


# ---- the device as a whole


@pytest.mark.parametrize(
    ("component", "shared"),
    [
        (Sensor(unique_id="u"), {"state_topic": "x"}),
        (Switch(unique_id="u"), {"command_topic": "x"}),
        (Update(unique_id="u", payload_install="go"), {"state_topic": "x", "command_topic": "y"}),
    ],
    ids=str,
)
def test_required_topic_may_be_shared(component: Component, shared: dict[str, Any]) -> None:
    assert announce(shared, c=component).payload()["cmps"]["c"].keys() <= {"p", "uniq_id", "pl_inst"}
    with pytest.raises(
        ValidationError, match=rf"components\.c: (state|command)_topic is required for a {component.platform}"
    ):
        announce(c=component)


def test_update_with_a_command_topic_requires_a_payload() -> None:
    with pytest.raises(ValidationError, match="payload_install is required"):
        announce(u=Update(unique_id="u", state_topic="x", command_topic="y"))
    with pytest.raises(ValidationError, match="payload_install is required"):
        announce({"command_topic": "y"}, u=Update(unique_id="u", state_topic="x"))


def test_availability_topic_is_refused_if_availability_is_shared() -> None:
    shared = {"availability": [Availability(topic="a")]}
    with pytest.raises(ValidationError, match=r"components\.s: availability_topic is not allowed"):
        announce(shared, s=sensor(availability_topic="b"))
    assert announce(shared, s=sensor(availability=[Availability(topic="b")]))
    assert announce(s=sensor(availability_topic="b"))


def test_availability_topics_must_differ() -> None:
    with pytest.raises(ValidationError, match="listed twice: a"):
        announce({"availability": [Availability(topic="a"), Availability(topic="a")]}, s=sensor())


def test_ids_must_be_unique_in_the_device() -> None:
    with pytest.raises(
        ValidationError, match=r"components\.b: unique_id 'u' of a sensor must be .*components\.a"
    ):
        announce(a=sensor(), b=sensor())
    with pytest.raises(
        ValidationError, match=r"components\.b: default_entity_id 'sensor\.x' must be unique.*components\.a"
    ):
        announce(a=sensor("u", default_entity_id="sensor.x"), b=sensor("v", default_entity_id="sensor.x"))
    trigger = DeviceAutomation(type="click", subtype="1", topic="x")
    with pytest.raises(
        ValidationError, match="type and subtype 'click 1' of a device_automation must be unique"
    ):
        announce(a=trigger, b=trigger)
    assert announce(a=sensor(), b=Button(unique_id="u", command_topic="x"))


def test_components_are_required() -> None:
    with pytest.raises(ValidationError, match="components: at least one is required"):
        announce()
    with pytest.raises(ValidationError, match="instance of Component"):
        DeviceDiscovery.model_validate(
            {"device": DEVICE, "origin": ORIGIN, "components": {"a": {"p": "sensor"}}}
        )


@pytest.mark.parametrize("key", ["", "a b", "a/b", "ä", "a.b", "a\n"])
def test_ids_with_other_characters_are_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="is not a valid id"):
        DeviceDiscovery(device=DEVICE, origin=ORIGIN, components={key: sensor()})
    with pytest.raises(ValueError, match="is not a valid id"):
        device_topic(key)
    with pytest.raises(ValueError, match="is not a valid id"):
        device_topic("a", node_id=key)


def test_removal_may_have_any_key() -> None:
    removal = Removal(platform="sensor")
    discovery = DeviceDiscovery(device=DEVICE, origin=ORIGIN, components={"a b": removal, "s": sensor()})
    assert discovery.payload()["cmps"]["a b"] == {"p": "sensor"}


def test_device_topic() -> None:
    discovery = announce(s=sensor())
    assert discovery.topic(object_id="front-Door_1") == "homeassistant/device/front-Door_1/config"
    assert discovery.topic(object_id="o", node_id="n", prefix="my/ha") == "my/ha/device/n/o/config"
    for prefix in ("", "ha/#", "+"):
        with pytest.raises(ValueError, match=r"must not be empty|wildcard"):
            device_topic("o", prefix=prefix)


def test_discovery_message_is_retained() -> None:
    discovery = announce(s=sensor())
    assert discovery.message("t") == Message("t", discovery.payload_bytes(), retain=True)


def test_removal_of_an_unknown_platform_is_refused() -> None:
    with pytest.raises(ValidationError, match="literal_error"):
        Removal.model_validate({"platform": "webcam"})


# ---- the library


def test_package_needs_only_pydantic() -> None:
    code = (
        "import sys, pydantic; pydantic.create_model('Model', x=(int, 1)); before = set(sys.modules);"
        "import ha_discovery; new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*(new - sys.stdlib_module_names))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) <= {"ha_discovery", "pydantic", "pydantic_core"}


def test_public_names_exist() -> None:
    assert [name for name in ha_discovery.__all__ if not hasattr(ha_discovery, name)] == []
    assert sorted(ha_discovery.__all__) == sorted(set(ha_discovery.__all__))
