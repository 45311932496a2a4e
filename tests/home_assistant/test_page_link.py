"""The address of the web page, as Home Assistant's devices link to it, and those of a camera's pictures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mqttcam.devices.node import Node
from mqttcam.home_assistant.discovery import camera_discovery, node_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import WebSettings
from mqttcam.web.address import linked_page
from tests.support.devices import MakeDevice

OPEN = {"enabled": True, "allow_unauthenticated": True}


@pytest.mark.parametrize(
    ("web", "page"),
    [
        ({}, None),
        ({"enabled": True}, None),
        ({"enabled": True, "public_url": "https://cams.example.org/x/"}, "https://cams.example.org/x/"),
        ({**OPEN, "host": "192.0.2.7"}, "http://192.0.2.7:8080/"),
        (
            {**OPEN, "host": "2001:db8::1", "port": 81, "path_prefix": "/cams"},
            "http://[2001:db8::1]:81/cams/",
        ),
        ({**OPEN, "host": "192.0.2.7", "port": 0}, None),
    ],
)
def test_a_link_only_where_others_can_follow_it(web: dict[str, Any], page: str | None) -> None:
    assert linked_page(WebSettings.model_validate(web)) == page


def test_discovery_has_it() -> None:
    payload = node_discovery(Node("yard", "http://192.0.2.7:8080/"), Topics("mqttcam", "yard")).payload()
    assert payload["dev"]["cu"] == "http://192.0.2.7:8080/"


async def test_the_camera_has_the_addresses_of_its_pictures(make_device: MakeDevice) -> None:
    node, topics = Node("yard", "https://cams.example.org/x/"), Topics("mqttcam", "yard")
    parts = camera_discovery(make_device("front"), node, topics).payload()["cmps"]
    assert json.loads(parts["camera"]["json_attr_tpl"]) == {
        "stream_url": "https://cams.example.org/x/cameras/front/stream.mjpg",
        "snapshot_url": "https://cams.example.org/x/cameras/front/snapshot.jpg",
    }
    # Retained, and there already: no topic of its own.
    assert parts["camera"]["json_attr_t"] == "mqttcam/yard/front/availability"
    assert not [
        key for key, part in parts.items() if key not in ("camera", "last_error") and "json_attr_t" in part
    ]


async def test_no_addresses_where_nobody_can_follow_them(make_device: MakeDevice) -> None:
    parts = camera_discovery(make_device("front"), Node("yard"), Topics("mqttcam", "yard")).payload()["cmps"]
    assert not {"json_attr_t", "json_attr_tpl"} & set(parts["camera"])
