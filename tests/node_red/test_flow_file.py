"""The flow's file, without Node-RED: it can be imported as it is, and its names match the documentation."""

from __future__ import annotations

import itertools
import re

from tests.node_red.harness import Flow
from tests.support.project import PROJECT

CORE = {
    "change",
    "comment",
    "debug",
    "file",
    "function",
    "group",
    "inject",
    "mqtt in",
    "mqtt out",
    "mqtt-broker",
    "switch",
    "tab",
}
"""Node types of Node-RED itself."""


def test_it_has_core_nodes_only_and_every_wire_leads_somewhere(flow: Flow) -> None:
    ids = {node["id"] for node in flow}
    assert len(ids) == len(flow)
    assert {node["type"] for node in flow} <= CORE
    for node in flow:
        targets = {target for output in node.get("wires", []) for target in output}
        assert targets <= ids, node
        assert set(node.get("nodes", [])) <= ids, node
        assert node.get("z") in {None, flow[0]["id"]}, node


def test_one_broker_serves_all_mqtt_nodes_and_has_no_secret(flow: Flow) -> None:
    (broker,) = [node for node in flow if node["type"] == "mqtt-broker"]
    assert (broker["broker"], broker["port"]) == ("localhost", "1883")
    assert "credentials" not in broker
    used = {node["broker"] for node in flow if node["type"] in ("mqtt in", "mqtt out")}
    assert used == {broker["id"]}


def test_its_topics_are_those_of_the_documentation(flow: Flow) -> None:
    page = "".join((PROJECT / "docs" / f"{name}.md").read_text("utf-8") for name in ("mqtt", "detections"))
    known = {
        name
        for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }
    published = set(re.findall(r"mosquitto_pub -t (\S+)", page))
    for node in flow:
        if node["type"] == "mqtt in" and node["topic"] != "frigate/events":
            name = node["topic"].removeprefix("mqttcam/pi-garden/")
            assert re.sub("^front/", "<cam>/", name) in known, node["topic"]
        elif node["type"] == "mqtt out":
            assert node["topic"] in published, node["topic"]


def test_every_node_has_a_name_of_its_own_and_a_place_of_its_own(flow: Flow) -> None:
    shown = [node for node in flow if node["type"] not in ("tab", "group", "mqtt-broker")]
    assert len({node["name"] for node in shown}) == len(shown)
    for one, other in itertools.combinations(shown, 2):
        apart = abs(one["x"] - other["x"]) >= 100 or abs(one["y"] - other["y"]) >= 30
        assert apart, f"{one['name']} lies on {other['name']}"
    groups = {node["id"]: node for node in flow if node["type"] == "group"}
    for node in shown:
        if "g" in node:
            group = groups[node["g"]]
            assert group["x"] < node["x"] < group["x"] + group["w"], node["name"]
            assert group["y"] < node["y"] < group["y"] + group["h"], node["name"]
