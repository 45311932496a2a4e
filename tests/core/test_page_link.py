"""The address of the web page, as Home Assistant's devices link to it."""

from __future__ import annotations

from typing import Any

import pytest

from mqttcam.home_assistant.discovery import node_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.node import Node
from mqttcam.settings import WebSettings
from mqttcam.web.address import linked_page

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
