"""The same cases, judged by a real Home Assistant: its schemas, its entities, its log."""

import json
import os
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
from ha_discovery.units import STATE_CLASS_UNITS, UNITS, preferred_unit, state_class_problem
from tests.ha_discovery.cases import WRONG, Wrong
from tests.ha_discovery.examples import RIGHT

pytestmark = pytest.mark.home_assistant

HERE: Final = Path(__file__).parent
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
ROOT: Final = Path(os.environ.get("MQTTCAM_HA_ROOT") or CACHE / "home-assistant-lab")
PYTHON: Final = "opt/ha/bin/python"


def raw(wrong: Wrong) -> dict[str, Any]:
    """The payload that a model would not make."""
    part: dict[str, Any] = {"platform": "button", "unique_id": "u", "command_topic": "x"}
    device: Mapping[str, Any] = {"identifiers": ["d"], "name": "Thing"}
    origin: Mapping[str, Any] = {"name": "tests"}
    if issubclass(wrong.model, Component):
        part = {"platform": wrong.model.platform, **wrong.model.fixed, **wrong.given}
    elif wrong.model is Device:
        device = wrong.given
    else:
        origin = wrong.given
    return {"device": device, "origin": origin, "components": {"part": part}}


SENSOR: Final = {"p": "sensor", "uniq_id": "u"}
WHOLE: Final[dict[str, Any]] = {"dev": {"ids": ["d"], "name": "Thing"}, "o": {"name": "tests"}}
WRONG_DEVICES: Final[dict[str, dict[str, Any]]] = {
    "no state topic": {"cmps": {"s": SENSOR}},
    "two availabilities": {"cmps": {"s": SENSOR | {"stat_t": "x", "avty_t": "a"}}, "avty": [{"t": "b"}]},
    "unknown key": {"cmps": {"s": SENSOR | {"stat_t": "x"}}, "ret": True},
    "no components": {},
    "a wildcard to publish to": {"cmps": {"s": SENSOR | {"stat_t": "x"}}, "cmd_t": "x/#"},
}


def whole_device() -> dict[str, Any]:
    """What components take from their device, and a removal."""
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


def announce(component: Component) -> dict[str, Any]:
    discovery = DeviceDiscovery(
        device=Device(identifiers=["d"], name="Thing", connections=[("mac", "dc:a6:32:00:00:01")]),
        origin=Origin(name="tests", support_url="https://example.org/"),
        components={"part": component},
    )
    return discovery.payload()


@pytest.fixture(scope="module")
def home_assistant() -> dict[str, Any]:
    """What Home Assistant says: one run for all cases."""
    if not (ROOT / PYTHON).exists():
        pytest.skip(f"no Home Assistant in {ROOT}: see the marker home_assistant, or set MQTTCAM_HA_ROOT")
    if os.geteuid() != 0:
        pytest.skip("only root can change into the Home Assistant of the tests (chroot)")
    code = (HERE / "validator.py").read_text()
    payloads = [*map(announce, RIGHT), *map(raw, WRONG), whole_device()]
    payloads += [WHOLE | wrong for wrong in WRONG_DEVICES.values()]
    result = subprocess.run(
        ["chroot", str(ROOT), f"/{PYTHON}", "-W", "ignore", "-c", code],
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


@pytest.mark.parametrize("number", range(len(RIGHT)), ids=lambda n: f"{type(RIGHT[n]).__name__}-{n}")
def test_home_assistant_takes_what_we_announce(home_assistant: dict[str, Any], number: int) -> None:
    assert home_assistant["reports"][number] == {"errors": [], "warnings": []}


@pytest.mark.parametrize("number", range(len(WRONG)), ids=lambda n: str(WRONG[n]))
def test_home_assistant_on_what_we_refuse(home_assistant: dict[str, Any], number: int) -> None:
    report = home_assistant["reports"][len(RIGHT) + number]
    match WRONG[number].home_assistant:
        case "refuses":
            assert report["errors"]
        case "warns":
            assert not report["errors"]
            assert report["warnings"]
        case "accepts":
            assert report == {"errors": [], "warnings": []}


def test_home_assistant_takes_a_whole_device(home_assistant: dict[str, Any]) -> None:
    assert home_assistant["reports"][len(RIGHT) + len(WRONG)] == {"errors": [], "warnings": []}


@pytest.mark.parametrize("name", WRONG_DEVICES)
def test_home_assistant_refuses_wrong_devices(home_assistant: dict[str, Any], name: str) -> None:
    first = len(RIGHT) + len(WRONG) + 1
    assert home_assistant["reports"][first + list(WRONG_DEVICES).index(name)]["errors"]


def test_the_tables_of_the_tests_are_those_of_this_version(home_assistant: dict[str, Any]) -> None:
    assert home_assistant["tables"] == json.loads((HERE / "keys-2026.11.json").read_text())


def test_short_names(home_assistant: dict[str, Any]) -> None:
    for ours, theirs in zip(
        (KEYS, DEVICE_KEYS, ORIGIN_KEYS), home_assistant["copied"]["abbreviations"], strict=True
    ):
        assert {short: full for full, short in ours.items()} == {k: v for k, v in theirs.items() if k != v}


def test_platforms_and_shared_options(home_assistant: dict[str, Any]) -> None:
    assert sorted(get_args(Platform)) == home_assistant["copied"]["platforms"]
    assert sorted(SHARED_OPTIONS) == home_assistant["copied"]["shared_options"]


def test_device_classes(home_assistant: dict[str, Any]) -> None:
    ours = {
        "sensor": SensorDeviceClass,
        "number": NumberDeviceClass,
        "binary_sensor": BinarySensorDeviceClass,
        "button": ButtonDeviceClass,
        "event": EventDeviceClass,
        "switch": SwitchDeviceClass,
        "update": UpdateDeviceClass,
    }
    assert {name: sorted(get_args(kind)) for name, kind in ours.items()} == home_assistant["copied"][
        "device_classes"
    ]


def test_units_and_state_classes(home_assistant: dict[str, Any]) -> None:
    theirs = home_assistant["copied"]
    ours = {name: sorted(units, key=str) for name, units in UNITS.items()}
    assert ours == theirs["units"] == theirs["number_units"]
    assert {name: list(units) for name, units in STATE_CLASS_UNITS.items()} == theirs["state_class_units"]
    assert {unit: preferred_unit(unit) for unit in theirs["ambiguous_units"]} == theirs["ambiguous_units"]
    every = ("measurement", "measurement_angle", "total", "total_increasing")
    for device_class, allowed in theirs["state_classes"].items():
        assert [name for name in every if state_class_problem(device_class, name) is None] == allowed
