"""The valid and invalid components, checked by Home Assistant's own schemas and entity classes."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from ha_discovery import (
    Availability,
    BinarySensorDeviceClass,
    Button,
    ButtonDeviceClass,
    Component,
    Device,
    DeviceDiscovery,
    EventDeviceClass,
    NumberDeviceClass,
    Origin,
    Platform,
    Removal,
    Sensor,
    SensorDeviceClass,
    Switch,
    SwitchDeviceClass,
    Update,
    UpdateDeviceClass,
)
from ha_discovery.abbreviations import DEVICE_KEYS, KEYS, ORIGIN_KEYS
from ha_discovery.component import SHARED_OPTIONS
from ha_discovery.units import STATE_CLASS_UNITS, UNITS, allowed_state_classes, preferred_unit
from tests.ha_discovery.invalid import INVALID, Invalid
from tests.ha_discovery.valid import VALID
from tests.home_assistant.harness import ha_root, ha_version
from tests.support.left_out import leave_out

pytestmark = pytest.mark.home_assistant

HERE: Final = Path(__file__).parent


def payload_with(invalid: Invalid) -> dict[str, Any]:
    """Return the payload that the model refuses to make."""
    part: dict[str, Any] = {"platform": "button", "unique_id": "u", "command_topic": "x"}
    device: Mapping[str, Any] = {"identifiers": ["d"], "name": "Thing"}
    origin: Mapping[str, Any] = {"name": "tests"}
    if issubclass(invalid.model, Component):
        part = {"platform": invalid.model.platform, **invalid.model.fixed, **invalid.keys}
    elif invalid.model is Device:
        device = invalid.keys
    else:
        origin = invalid.keys
    return {"device": device, "origin": origin, "components": {"part": part}}


SENSOR: Final = {"p": "sensor", "uniq_id": "u"}
DEVICE_AND_ORIGIN: Final[dict[str, Any]] = {"dev": {"ids": ["d"], "name": "Thing"}, "o": {"name": "tests"}}
INVALID_DEVICES: Final[dict[str, dict[str, Any]]] = {
    "no state topic": {"cmps": {"s": SENSOR}},
    "two availabilities": {"cmps": {"s": SENSOR | {"stat_t": "x", "avty_t": "a"}}, "avty": [{"t": "b"}]},
    "unknown key": {"cmps": {"s": SENSOR | {"stat_t": "x"}}, "ret": True},
    "no components": {},
    "a wildcard to publish to": {"cmps": {"s": SENSOR | {"stat_t": "x"}}, "cmd_t": "x/#"},
}


def shared_options() -> dict[str, Any]:
    """Return the payload of a device whose components inherit its options, with a removal."""
    discovery = DeviceDiscovery(
        device=Device(identifiers=["d"], name="Thing", via_device="bridge", suggested_area="Garden"),
        origin=Origin(name="tests"),
        components={
            "sensor": Sensor(unique_id="u1", value_template="{{ value_json.a }}"),
            "switch": Switch(unique_id="u2", qos=0),
            "always": Button(unique_id="u3", availability=[]),
            "update": Update(unique_id="u4", payload_install="go"),
            "gone": Removal(platform="tag"),
        },
        availability=[Availability(topic="a"), Availability(topic="b", payload_available="1")],
        availability_mode="all",
        state_topic="x/state",
        command_topic="x/set",
        qos=1,
        encoding="ascii",
    )
    return discovery.payload()


def payload_of(component: Component) -> dict[str, Any]:
    """Return the payload of a device with one component."""
    discovery = DeviceDiscovery(
        device=Device(identifiers=["d"], name="Thing", connections=[("mac", "dc:a6:32:00:00:01")]),
        origin=Origin(name="tests", support_url="https://example.org/"),
        components={"part": component},
    )
    return discovery.payload()


@pytest.fixture(scope="module")
def validation() -> dict[str, Any]:
    """The output of `schema_validator.py` for all payloads."""
    if ha_version(ha_root()) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    code = (HERE / "schema_validator.py").read_text()
    payloads = [*map(payload_of, VALID), *map(payload_with, INVALID), shared_options()]
    payloads += [DEVICE_AND_ORIGIN | keys for keys in INVALID_DEVICES.values()]
    result = subprocess.run(
        ["chroot", str(ha_root()), "/opt/ha/bin/python", "-W", "ignore", "-c", code],
        input=json.dumps(payloads),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"},
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("number", range(len(VALID)), ids=lambda n: f"{type(VALID[n]).__name__}-{n}")
def test_home_assistant_accepts_valid_components(validation: dict[str, Any], number: int) -> None:
    assert validation["reports"][number] == {"errors": [], "warnings": []}


@pytest.mark.parametrize("number", range(len(INVALID)), ids=lambda n: str(INVALID[n]))
def test_home_assistant_treats_invalid_keys_as_described(validation: dict[str, Any], number: int) -> None:
    report = validation["reports"][len(VALID) + number]
    match INVALID[number].home_assistant:
        case "refuses":
            assert report["errors"]
        case "warns":
            assert not report["errors"]
            assert report["warnings"]
        case "accepts":
            assert report == {"errors": [], "warnings": []}


def test_home_assistant_accepts_shared_options(validation: dict[str, Any]) -> None:
    assert validation["reports"][len(VALID) + len(INVALID)] == {"errors": [], "warnings": []}


@pytest.mark.parametrize("name", INVALID_DEVICES)
def test_home_assistant_refuses_invalid_devices(validation: dict[str, Any], name: str) -> None:
    first = len(VALID) + len(INVALID) + 1
    assert validation["reports"][first + list(INVALID_DEVICES).index(name)]["errors"]


def test_keys_file_is_that_of_this_version(validation: dict[str, Any]) -> None:
    assert validation["tables"] == json.loads((HERE / "keys-2026.11.json").read_text())


def test_short_names_are_home_assistants(validation: dict[str, Any]) -> None:
    for ours, theirs in zip(
        (KEYS, DEVICE_KEYS, ORIGIN_KEYS), validation["copied"]["abbreviations"], strict=True
    ):
        assert {short: full for full, short in ours.items()} == {k: v for k, v in theirs.items() if k != v}


def test_platforms_and_shared_options_are_home_assistants(validation: dict[str, Any]) -> None:
    assert sorted(get_args(Platform)) == validation["copied"]["platforms"]
    assert sorted(SHARED_OPTIONS) == validation["copied"]["shared_options"]


def test_device_classes_are_home_assistants(validation: dict[str, Any]) -> None:
    ours = {
        "sensor": SensorDeviceClass,
        "number": NumberDeviceClass,
        "binary_sensor": BinarySensorDeviceClass,
        "button": ButtonDeviceClass,
        "event": EventDeviceClass,
        "switch": SwitchDeviceClass,
        "update": UpdateDeviceClass,
    }
    assert {name: sorted(get_args(kind)) for name, kind in ours.items()} == validation["copied"][
        "device_classes"
    ]


def test_units_and_state_classes_are_home_assistants(validation: dict[str, Any]) -> None:
    theirs = validation["copied"]
    ours = {name: sorted(units, key=str) for name, units in UNITS.items()}
    assert ours == theirs["units"] == theirs["number_units"]
    assert {name: list(units) for name, units in STATE_CLASS_UNITS.items()} == theirs["state_class_units"]
    assert {unit: preferred_unit(unit) for unit in theirs["ambiguous_units"]} == theirs["ambiguous_units"]
    for device_class, allowed in theirs["state_classes"].items():
        assert sorted(allowed_state_classes(device_class)) == allowed
