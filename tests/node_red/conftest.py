"""One mosquitto, one daemon and one Node-RED with the flow of the project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node_red.harness import Flow, NodeRed, node_red_program
from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import pattern_camera
from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.support.rig import Rig, rig

FLOW_FILE = PROJECT / "deploy" / "node-red.json"


@dataclass(frozen=True)
class World:
    """Everything that runs."""

    rig: Rig
    node_red: NodeRed

    @property
    def pictures(self) -> Path:
        """The folder into which the flow writes."""
        return self.node_red.directory / "mqttcam-pictures"


@pytest.fixture(scope="session")
def flow() -> Flow:
    """Return the nodes of the project's flow."""
    nodes: Flow = json.loads(FLOW_FILE.read_text("utf-8"))
    return nodes


def with_broker(flow: Flow, broker: Broker) -> Flow:
    address = {"broker": broker.host, "port": str(broker.port)}
    """Return a flow whose MQTT nodes connect to `broker`."""
    return [node | address if node["type"] == "mqtt-broker" else node for node in flow]


@pytest.fixture(scope="package")
def world(flow: Flow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start everything."""
    if shutil.which("node") is None or not node_red_program().exists():
        leave_out("no Node-RED: run tests/node_red/setup.sh")
    cameras = {"front": pattern_camera(detections={"labels": ["person"]})}
    with (
        Mosquitto(tmp_path_factory.mktemp("broker")) as broker,
        rig(broker, tmp_path_factory.mktemp("daemon"), node="pi-garden", cameras=cameras) as running,
        NodeRed(tmp_path_factory.mktemp("node-red"), with_broker(flow, broker)) as node_red,
    ):
        running.front.next_image()
        yield World(running, node_red)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of Node-RED's log to the report of a failed test."""
    report = yield
    world = getattr(item, "funcargs", {}).get("world")
    if report.failed and isinstance(world, World):
        report.sections.append(("log of Node-RED", world.node_red.log[-6000:]))
    return report
