"""The README: its example runs, its names exist, and the package can be copied elsewhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ha_discovery
from ha_discovery import Component, Device, DeviceDiscovery, Origin, Removal, Sensor, device_topic
from tests.home_assistant.harness import HomeAssistant
from tests.support.broker import Mosquitto
from tests.support.client import Client
from tests.support.project import PROJECT

PACKAGE = PROJECT / "ha_discovery"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")
EXAMPLE, REMOVE, MIGRATE = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.mark.home_assistant
def test_example_works_in_home_assistant(
    home_assistant: HomeAssistant, broker: Mosquitto, client: Client, tmp_path: Path
) -> None:
    program = tmp_path / "pump.py"
    program.write_text(EXAMPLE, encoding="utf-8")
    client.subscribe("pump/#")
    example = subprocess.Popen(
        [sys.executable, str(program), broker.host, str(broker.port)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    try:
        assert home_assistant.entity_id("garden_pump_power") == "switch.garden_pump"
        assert home_assistant.entity_id("garden_pump_minutes") == "number.garden_pump_run_time"
        device = home_assistant.device("garden_pump")
        assert device is not None
        assert (device["name"], device["manufacturer"]) == ("Garden pump", "Example")
        home_assistant.wait_state("switch.garden_pump", "off")
        home_assistant.wait_state("number.garden_pump_run_time", "10")
        home_assistant.call("switch.turn_on", "switch.garden_pump")
        home_assistant.wait_state("switch.garden_pump", "on")
        home_assistant.call("number.set_value", "number.garden_pump_run_time", value=25)
        home_assistant.wait_state("number.garden_pump_run_time", "25")
        since = client.mark()
        client.publish("homeassistant/status", "online")
        client.wait("pump/status", lambda message: message.payload == b"online", since=since)
    finally:
        example.terminate()
        example.wait(10)
    home_assistant.wait_state("switch.garden_pump", "unavailable")


def discovery(**components: Component | Removal) -> DeviceDiscovery:
    return DeviceDiscovery(
        device=Device(identifiers=["d"]), origin=Origin(name="tests"), components=components
    )


def test_snippets_run() -> None:
    kept, gone = Sensor(unique_id="a", state_topic="x"), Sensor(unique_id="b", state_topic="x")
    names: dict[str, Any] = vars(ha_discovery) | {
        "previous": discovery(kept=kept, gone=gone),
        "new": discovery(kept=kept),
    }
    exec(REMOVE, names)
    assert names["new"].components["gone"] == Removal(platform="sensor")

    sent: list[tuple[str, bytes, bool]] = []

    class Publisher:
        def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
            sent.append((topic, payload, retain))

    exec(MIGRATE, vars(ha_discovery) | {"client": Publisher(), "DISCOVERY": discovery(kept=kept)})
    assert [topic for topic, _, _ in sent][-1] == device_topic("garden_pump")
    assert len(sent) == 3


def test_every_name_exists_and_every_component_is_listed() -> None:
    table = README.partition("## Names")[2].partition("## Publish")[0]
    listed = set(re.findall(r"`([A-Z]\w+|[a-z_]+)`", table.partition("A model takes")[0]))
    public = {name for name in listed if name not in ("topic", "payload", "retain")}
    assert public <= set(ha_discovery.__all__)
    components = {
        name
        for name in ha_discovery.__all__
        if isinstance(getattr(ha_discovery, name), type)
        and issubclass(getattr(ha_discovery, name), Component)
        and name not in ("Component", "Entity")
    }
    assert components <= public


def test_copy_inside_another_package_works(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "app" / "vendor" / "discovery")
    code = (
        "import json, sys; from app.vendor.discovery import Button;"
        "print(json.dumps(Button(unique_id='u', command_topic='x').to_dict()));"
        "assert 'ha_discovery' not in sys.modules"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"p": "button", "uniq_id": "u", "cmd_t": "x"}
