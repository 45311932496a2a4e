"""The generated parts of the documentation, read from the declarations and from a running daemon's API."""

from __future__ import annotations

import inspect
import json
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from mqttcam.devices import hints
from mqttcam.mqtt.topics import CameraTopics, Topics
from mqttcam.settings import json_schema
from tests.docs.markdown import table
from tests.docs.settings_reference import Reference
from tests.settings.nii_sender.documented import variables_table
from tests.support.daemon import Daemon
from tests.support.waiting import HOST, free_port, wait_for

_ONLY_WITH = {
    "presets": ("preset",),
    "day_night": ("day_night", "picture_brightness"),
    "motion": ("motion", "last_motion", "record_on_motion"),
    "motion.zones": ("zone",),
    "record": ("record_on_motion",),
    "series": ("series",),
    "kafka": ("kafka",),
    "tcp": ("tcp",),
}
"""Sections of the configuration without which a camera lacks the entities whose keys begin with these words."""


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    node_topics = Topics("mqttcam", "<node>")
    described, metrics = _ask_daemon()
    camera, node = described["cameras"][0], described["node"]
    own_controls = {entity["key"] for entity in camera["entities"] if entity["control"]}
    return {
        "settings": Reference(json_schema()).text(),
        "node-topics": _topics(node_topics, node_topics.root),
        "camera-topics": _topics(node_topics.camera("<cam>"), node_topics.root),
        "camera-commands": _commands(camera["commands"]),
        "node-commands": _commands(node["commands"]),
        "camera-entities": _entities(camera["entities"]),
        "node-entities": _entities(node["entities"]),
        "metrics": _metrics(metrics, own_controls),
        "nii-variables": variables_table(),
        "broker-hints": _hints(hints.BROKER),
        "camera-hints": _hints(hints.CAMERAS),
        "kafka-hints": _hints(hints.KAFKA),
        "tcp-hints": _hints(hints.TCP),
        "daemon-hints": _hints(hints.DAEMON),
    }


def _hints(known: Iterable[hints.Hint]) -> str:
    """The messages of problems, each with its cause and remedy."""
    rows = ([", ".join(f"`{message}`" for message in hint.messages), hint.text] for hint in known)
    return table(["Message", "Cause and remedy"], rows)


def _ask_daemon() -> tuple[dict[str, Any], str]:
    """What the API says of a node with one camera that has everything, and its metrics."""
    port = free_port()
    nowhere = {"host": HOST, "port": 9}
    with tempfile.TemporaryDirectory() as folder:
        config = {
            "node": "pi-garden",
            "state_dir": f"{folder}/state",
            "web": {"enabled": True, "port": port},
            "kafka": {"brokers": f"{HOST}:9", "topic": "frames"},
            "cameras": {
                "front": {
                    "source": {"type": "test_pattern"},
                    "motion": {
                        "active": "on mon-sun",
                        "zones": {"gate": {"points": [[0, 0], [1, 0], [1, 1]]}},
                    },
                    "presets": {"night": {}},
                    "day_night": True,
                    "record": True,
                    "series": {"garden": {"schedule": "every 10 minutes"}},
                    "tcp": nowhere,
                }
            },
        }
        with Daemon(Path(folder), config):
            described = wait_for(lambda: _running(port), "the camera runs", interval=0.1)
            return described, _get(port, "/metrics")


def _running(port: int) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = json.loads(_get(port, "/api/cameras"))
        state = json.loads(_get(port, "/api/cameras/front/state"))
    except OSError:
        return None
    return described if "brightness" in state and state["fps"] else None


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=60) as answer:
        return str(answer.read().decode())


def _topics(topics: Topics | CameraTopics, root: str) -> str:
    rows = []
    for topic, text in topics_of(topics):
        incoming = text.startswith("In: ")
        first = text.removeprefix("In: ").split(". ")[0].rstrip(".")
        direction = "you publish" if incoming else "mqttcam publishes"
        rows.append((f"`{topic.removeprefix(f'{root}/')}`", direction, first))
    return table(("Topic", "Direction", "Payload"), rows)


def topics_of(topics: Topics | CameraTopics) -> Iterator[tuple[str, str]]:
    """Every topic that the class spells, with its docstring; the name of a parameter stands for its value."""
    for name, member in vars(type(topics)).items():
        text = inspect.getdoc(member) or ""
        value = getattr(topics, name) if isinstance(member, property) else None
        if inspect.isfunction(member) and text and not name.startswith("_"):
            (parameter,) = list(inspect.signature(member).parameters)[1:]
            value = member(topics, f"<{parameter}>")
        if isinstance(value, str) and text:
            yield value, text


def _commands(commands: list[Mapping[str, Any]]) -> str:
    rows = []
    for command in commands:
        arguments = [
            f"`{name}` ({_values(kind)}{', required' if name in command['required'] else ''})"
            for name, kind in command["arguments"].items()
        ]
        rows.append((f"`{command['name']}`", ", ".join(arguments), command["help"]))
    return table(("Command", "Arguments", "What it does"), rows)


def _entities(entities: list[Mapping[str, Any]]) -> str:
    rows = []
    for entity in entities:
        if not entity["control"]:
            needs = [
                section
                for section, words in _ONLY_WITH.items()
                if f"{entity['key']}_".startswith(tuple(f"{word}_" for word in words))
            ]
            rows.append(
                (
                    entity["name"] or "(the name of the device)",
                    entity["platform"],
                    f"`{entity['key']}`",
                    f"{entity['category'] or ''}{'' if _is_enabled(entity) else ', disabled'}",
                    _values(entity["kind"], limits=entity["settable"]) if entity["kind"] else "",
                    ", ".join(f"`{section}`" for section in needs),
                )
            )
    return table(("Entity", "Platform", "Key", "Category", "Values", "Only with"), rows)


def _is_enabled(entity: Mapping[str, Any]) -> bool:
    """Whether Home Assistant enables it by itself."""
    return bool(entity["options"].get("enabled_by_default", True))


def _values(kind: Mapping[str, Any], *, limits: bool = True) -> str:
    unit = f" {kind['unit']}" if kind.get("unit") else ""
    if "allowed" in kind and kind["type"] == "choice":
        return ", ".join(map(str, kind["allowed"]))
    if kind["type"] in ("number", "integer"):
        return (
            f"{kind['min']:g} to {kind['max']:g}{unit}"
            if limits
            else f"number{unit and f' ({unit.strip()})'}"
        )
    return "ON, OFF" if kind["type"] == "switch" else str(kind["type"])


def _metrics(text: str, own_controls: set[str]) -> str:
    rows = []
    for family in text_string_to_metric_families(text):
        of_control = any(family.name.startswith(f"mqttcam_camera_{key}") for key in own_controls)
        if not family.name.startswith("process_") and not of_control:
            suffix = "_total" if family.type == "counter" else ""
            rows.append((f"`{family.name}{suffix}`", family.type, family.documentation.rstrip(".")))
    return table(("Metric", "Type", "What"), rows)
