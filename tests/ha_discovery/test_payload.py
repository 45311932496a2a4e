"""From models to topics and bytes."""

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


def test_a_whole_payload() -> None:
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


def test_bytes_are_compact_utf_8() -> None:
    data = announce(s=sensor(name="Größe", value_template="{{ value }}")).payload_bytes()
    assert "Größe".encode() in data
    assert b'":"' in data
    assert b", " not in data
    assert json.loads(data)["cmps"]["s"]["name"] == "Größe"


def test_null_is_only_for_a_name_that_was_set_to_it() -> None:
    assert "name" not in sensor().to_dict()
    assert sensor(name=None).to_dict()["name"] is None
    assert "dev_cla" not in sensor(device_class=None).to_dict()
    assert "name" not in Device(identifiers=["d"], name=None).to_dict()


def test_defaults_are_left_out() -> None:
    switch = Switch(
        unique_id="u", command_topic="x", payload_on="ON", optimistic=False, enabled_by_default=True
    )
    assert switch.to_dict() == {"p": "switch", "uniq_id": "u", "cmd_t": "x"}
    assert announce({"qos": 0, "encoding": "utf-8"}, s=sensor()).payload().keys() == {"dev", "o", "cmps"}


def test_a_default_that_stands_against_the_device_is_kept() -> None:
    part = sensor(qos=0, encoding="utf-8", availability=[], availability_mode="latest").to_dict()
    assert part["qos"] == 0
    assert part["e"] == "utf-8"
    assert part["avty"] == []
    assert part["avty_mode"] == "latest"


def test_a_range_that_was_set_is_kept() -> None:
    number = Number(unique_id="u", command_topic="x", min=0, max=100.0, step=1)
    assert number.to_dict() == {"p": "number", "uniq_id": "u", "cmd_t": "x", "min": 0, "max": 100}


@pytest.mark.parametrize(
    ("value", "written"), [(2.0, "2"), (2.5, "2.5"), (-0.0, "0"), (-1e6, "-1000000"), (-1e300, "-1e+300")]
)
def test_whole_numbers_have_no_point(value: float, written: str) -> None:
    number = Number(unique_id="u", command_topic="x", min=value, max=1e7)
    assert repr(json.loads(announce(n=number).payload_bytes())["cmps"]["n"]["min"]) == written


def test_what_always_goes_out() -> None:
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
def test_topics_may_come_from_the_device(component: Component, shared: dict[str, Any]) -> None:
    assert announce(shared, c=component).payload()["cmps"]["c"].keys() <= {"p", "uniq_id", "pl_inst"}
    with pytest.raises(
        ValidationError, match=rf"components\.c: {component.platform} needs a (state|command)_topic"
    ):
        announce(c=component)


def test_installing_needs_a_payload() -> None:
    with pytest.raises(ValidationError, match="needs a payload_install"):
        announce(u=Update(unique_id="u", state_topic="x", command_topic="y"))
    with pytest.raises(ValidationError, match="needs a payload_install"):
        announce({"command_topic": "y"}, u=Update(unique_id="u", state_topic="x"))


def test_two_kinds_of_availability_do_not_meet() -> None:
    shared = {"availability": [Availability(topic="a")]}
    with pytest.raises(ValidationError, match=r"components\.s: availability_topic excludes the availability"):
        announce(shared, s=sensor(availability_topic="b"))
    assert announce(shared, s=sensor(availability=[Availability(topic="b")]))
    assert announce(s=sensor(availability_topic="b"))


def test_an_availability_topic_counts_once() -> None:
    with pytest.raises(ValidationError, match="lists a topic twice: a"):
        announce({"availability": [Availability(topic="a"), Availability(topic="a")]}, s=sensor())


def test_names_are_taken_once() -> None:
    with pytest.raises(ValidationError, match=r"components\.b: sensor u is announced by a already"):
        announce(a=sensor(), b=sensor())
    with pytest.raises(
        ValidationError, match=r"components\.b: default_entity_id sensor\.x is announced by a"
    ):
        announce(a=sensor("u", default_entity_id="sensor.x"), b=sensor("v", default_entity_id="sensor.x"))
    trigger = DeviceAutomation(type="click", subtype="1", topic="x")
    with pytest.raises(ValidationError, match="device_automation click 1 is announced by a already"):
        announce(a=trigger, b=trigger)
    # another platform is another entity
    assert announce(a=sensor(), b=Button(unique_id="u", command_topic="x"))


def test_a_device_has_components() -> None:
    with pytest.raises(ValidationError, match="needs at least one"):
        announce()
    with pytest.raises(ValidationError, match="instance of Component"):
        DeviceDiscovery.model_validate(
            {"device": DEVICE, "origin": ORIGIN, "components": {"a": {"p": "sensor"}}}
        )


@pytest.mark.parametrize("key", ["", "a b", "a/b", "ä", "a.b", "a\n"])
def test_ids(key: str) -> None:
    with pytest.raises(ValidationError, match="is no id"):
        DeviceDiscovery(device=DEVICE, origin=ORIGIN, components={key: sensor()})
    with pytest.raises(ValueError, match="is no id"):
        device_topic(key)
    with pytest.raises(ValueError, match="is no id"):
        device_topic("a", node_id=key)


def test_whatever_another_program_called_it_can_be_removed() -> None:
    removal = Removal(platform="sensor")
    discovery = DeviceDiscovery(device=DEVICE, origin=ORIGIN, components={"a b": removal, "s": sensor()})
    assert discovery.payload()["cmps"]["a b"] == {"p": "sensor"}


def test_topics() -> None:
    discovery = announce(s=sensor())
    assert discovery.topic(object_id="front-Door_1") == "homeassistant/device/front-Door_1/config"
    assert discovery.topic(object_id="o", node_id="n", prefix="my/ha") == "my/ha/device/n/o/config"
    for prefix in ("", "ha/#", "+"):
        with pytest.raises(ValueError, match=r"must not be empty|wildcard"):
            device_topic("o", prefix=prefix)


def test_the_message_is_retained() -> None:
    discovery = announce(s=sensor())
    assert discovery.message("t") == Message("t", discovery.payload_bytes(), retain=True)


def test_a_removal_knows_the_platforms() -> None:
    with pytest.raises(ValidationError, match="literal_error"):
        Removal.model_validate({"platform": "webcam"})


# ---- the library


def test_the_example_works() -> None:
    assert ha_discovery.__doc__ is not None
    lines = ha_discovery.__doc__.splitlines()
    code = "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    "))
    sent: list[tuple[str, bytes]] = []

    class Client:
        def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
            assert (qos, retain) == (1, True)
            sent.append((topic, payload))

    exec(code, {"client": Client()})
    assert [topic for topic, _ in sent] == ["homeassistant/device/garden/config"]
    assert json.loads(sent[0][1])["cmps"].keys() == {"picture", "zoom"}


def test_it_needs_nothing_but_pydantic() -> None:
    code = (
        "import sys, pydantic; pydantic.create_model('Model', x=(int, 1)); before = set(sys.modules);"
        "import ha_discovery; new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*(new - sys.stdlib_module_names))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) <= {"ha_discovery", "pydantic", "pydantic_core"}


def test_all_public_names_exist() -> None:
    assert [name for name in ha_discovery.__all__ if not hasattr(ha_discovery, name)] == []
    assert sorted(ha_discovery.__all__) == sorted(set(ha_discovery.__all__))
