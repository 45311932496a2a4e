"""Every platform in a running Home Assistant: the entity appears with its state and sends its commands."""

import base64
import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from websockets.sync.client import connect

from ha_discovery import (
    BinarySensor,
    Button,
    Camera,
    Component,
    Device,
    DeviceAutomation,
    DeviceDiscovery,
    Entity,
    Event,
    Image,
    Light,
    LightJson,
    LightTemplate,
    Notify,
    Number,
    Origin,
    Select,
    Sensor,
    Siren,
    Switch,
    Text,
    Update,
)
from tests.home_assistant.harness import HomeAssistant
from tests.support.broker import Mosquitto
from tests.support.client import Client, Message
from tests.support.waiting import HOST, wait_for

pytestmark = pytest.mark.home_assistant

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
"""Home Assistant passes pictures on as they are, without decoding them."""


@dataclass(frozen=True)
class Action:
    """An action on an entity, and the payload that Home Assistant publishes for it."""

    name: str
    data: Mapping[str, Any]
    payload: str | Mapping[str, Any]
    topic: str = "set"

    def matches(self, message: Message) -> bool:
        """Return whether a message has the payload; JSON objects are compared as objects."""
        return (message.text if isinstance(self.payload, str) else message.json) == self.payload


@dataclass(frozen=True)
class Case:
    """An entity, what is published for it, and what Home Assistant makes of it. Topics are below ``test/<id>/``."""

    entity: type[Entity]
    keys: Mapping[str, Any]
    publish: Mapping[str, str]
    state: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()

    @property
    def id(self) -> str:
        """The unique id of the entity."""
        return self.entity.__name__.lower()

    def component(self) -> Entity:
        """Return the entity with complete topics."""
        topics = {key: f"test/{self.id}/{name}" for key, name in self.keys.items() if key.endswith("_topic")}
        return self.entity(**{"unique_id": self.id, "name": "Thing", **self.keys, **topics})


SETTABLE = {"command_topic": "set", "state_topic": "state"}
CASES = (
    Case(BinarySensor, {"state_topic": "state", "device_class": "door"}, {"state": "ON"}, "on"),
    Case(
        Sensor,
        {"state_topic": "state", "device_class": "temperature", "unit_of_measurement": "°C"},
        {"state": "21.5"},
        "21.5",
        {"unit_of_measurement": "°C", "device_class": "temperature"},
    ),
    Case(
        Switch,
        SETTABLE | {"payload_on": "1", "payload_off": "0"},
        {"state": "1"},
        "on",
        actions=(Action("switch.turn_off", {}, "0"), Action("switch.turn_on", {}, "1")),
    ),
    Case(
        Number,
        SETTABLE | {"min": 1, "max": 8, "step": 0.5, "mode": "slider"},
        {"state": "2.5"},
        "2.5",
        {"min": 1, "max": 8, "step": 0.5, "mode": "slider"},
        (Action("number.set_value", {"value": 3}, "3"), Action("number.set_value", {"value": 3.5}, "3.5")),
    ),
    Case(
        Select,
        SETTABLE | {"options": ["Day", "Night"]},
        {"state": "Night"},
        "Night",
        {"options": ["Day", "Night"]},
        (Action("select.select_option", {"option": "Day"}, "Day"),),
    ),
    Case(
        Text,
        SETTABLE | {"min": 1, "max": 5, "pattern": "[a-z]+"},
        {"state": "abc"},
        "abc",
        {"min": 1, "max": 5, "pattern": "[a-z]+"},
        (Action("text.set_value", {"value": "xyz"}, "xyz"),),
    ),
    Case(
        Button,
        {"command_topic": "set", "payload_press": "go"},
        {},
        "unknown",
        actions=(Action("button.press", {}, "go"),),
    ),
    Case(
        Notify,
        {"command_topic": "set", "command_template": '{"text": {{ value | tojson }} }'},
        {},
        "unknown",
        actions=(Action("notify.send_message", {"message": "Hello"}, {"text": "Hello"}),),
    ),
    Case(
        Update,
        {
            "state_topic": "state",
            "command_topic": "set",
            "payload_install": "install",
            "device_class": "firmware",
        },
        {
            "state": json.dumps(
                {
                    "installed_version": "1.0",
                    "latest_version": "1.1",
                    "title": "Firmware",
                    "release_url": "https://example.org/1.1",
                }
            )
        },
        "on",
        {
            "installed_version": "1.0",
            "latest_version": "1.1",
            "title": "Firmware",
            "release_url": "https://example.org/1.1",
        },
        (Action("update.install", {}, "install"),),
    ),
    Case(
        Siren,
        SETTABLE | {"available_tones": ["ping", "fire"], "command_off_template": "off"},
        {"state": "ON"},
        "on",
        {"available_tones": ["ping", "fire"]},
        (
            Action(
                "siren.turn_on",
                {"tone": "ping", "duration": 5, "volume_level": 0.5},
                {"state": "ON", "tone": "ping", "duration": 5, "volume_level": 0.5},
            ),
            Action("siren.turn_off", {}, "off"),
        ),
    ),
    Case(
        Light,
        SETTABLE
        | {"brightness_command_topic": "brightness/set", "brightness_state_topic": "brightness"}
        | {"rgb_command_topic": "rgb/set", "rgb_state_topic": "rgb"}
        | {"effect_command_topic": "effect/set", "effect_list": ["rainbow"], "brightness_scale": 100},
        {"state": "ON", "brightness": "100", "rgb": "255,0,0"},
        "on",
        {"brightness": 255, "color_mode": "rgb", "rgb_color": [255, 0, 0], "effect_list": ["rainbow"]},
        (
            Action("light.turn_off", {}, "OFF"),
            Action("light.turn_on", {"rgb_color": [0, 255, 0]}, "0,255,0", "rgb/set"),
            Action("light.turn_on", {"brightness": 51}, "20", "brightness/set"),
            Action("light.turn_on", {"effect": "rainbow"}, "rainbow", "effect/set"),
        ),
    ),
    Case(
        LightJson,
        SETTABLE | {"supported_color_modes": ["rgb"], "effect": True, "effect_list": ["rainbow"]},
        {
            "state": json.dumps(
                {
                    "state": "ON",
                    "brightness": 100,
                    "color_mode": "rgb",
                    "color": {"r": 255, "g": 0, "b": 0},
                    "effect": "rainbow",
                }
            )
        },
        "on",
        {"brightness": 100, "color_mode": "rgb", "rgb_color": [255, 0, 0], "effect": "rainbow"},
        (
            Action("light.turn_off", {"transition": 2}, {"state": "OFF", "transition": 2}),
            Action("light.turn_on", {"brightness": 10}, {"state": "ON", "brightness": 10}),
        ),
    ),
    Case(
        LightTemplate,
        SETTABLE
        | {
            "command_on_template": "on,{{ brightness | d }},{{ red | d }}-{{ green | d }}-{{ blue | d }}",
            "command_off_template": "off",
            "state_template": "{{ value.split(',')[0] }}",
            "brightness_template": "{{ value.split(',')[1] }}",
            "red_template": "{{ value.split(',')[2].split('-')[0] }}",
            "green_template": "{{ value.split(',')[2].split('-')[1] }}",
            "blue_template": "{{ value.split(',')[2].split('-')[2] }}",
        },
        {"state": "on,100,255-0-0"},
        "on",
        {"brightness": 100, "hs_color": [0, 100]},
        (
            Action("light.turn_off", {}, "off"),
            Action("light.turn_on", {"brightness": 10}, "on,10,--"),
        ),
    ),
)


def announce(client: Client, component: Component) -> None:
    """Publish a device with one component."""
    object_id = component.identity.replace(" ", "_")
    discovery = DeviceDiscovery(
        device=Device(identifiers=[object_id], name=object_id.title()),
        origin=Origin(name="tests", sw_version="1.0"),
        components={"thing": component},
    )
    message = discovery.message(discovery.topic(object_id=object_id))
    client.publish(message.topic, message.payload, retain=message.retain)


def wait_subscribed(broker: Mosquitto, topic: str) -> None:
    """Wait until something has subscribed to a topic that no test uses twice."""
    wait_for(lambda: f" {topic}\n" in broker.log, f"a subscription to {topic}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_entity_shows_its_state_and_sends_its_commands(
    home_assistant: HomeAssistant, client: Client, case: Case
) -> None:
    for name, payload in case.publish.items():
        client.publish(f"test/{case.id}/{name}", payload, retain=True)
    announce(client, case.component())
    entity_id = home_assistant.entity_id(case.id)
    assert entity_id.startswith(f"{case.entity.platform}.{case.id}")

    def shown() -> bool:
        found = home_assistant.states().get(entity_id, {"state": None, "attributes": {}})
        attributes = {key: found["attributes"].get(key) for key in case.attributes}
        return (found["state"], attributes) == (case.state, case.attributes)

    wait_for(shown, f"{entity_id} with state {case.state} and {case.attributes}", interval=0.1)
    for action in case.actions:
        since = client.mark()
        home_assistant.call(action.name, entity_id, **action.data)
        client.wait(f"test/{case.id}/{action.topic}", action.matches, since=since)


def test_every_entity_platform_has_a_test() -> None:
    def leaves(model: type[Entity]) -> set[type[Entity]]:
        children = {child for child in model.__subclasses__() if child.__module__.startswith("ha_discovery.")}
        return set().union(*map(leaves, children)) if children else {model}

    assert leaves(Entity) - {case.entity for case in CASES} == {Camera, Event, Image}


@pytest.mark.parametrize(("encoding", "payload"), [(None, JPEG), ("b64", base64.b64encode(JPEG))])
def test_camera_serves_its_picture(
    home_assistant: HomeAssistant, client: Client, encoding: Any, payload: bytes
) -> None:
    unique_id = f"camera_{encoding}"
    client.publish(f"test/{unique_id}", payload, retain=True)
    announce(client, Camera(unique_id=unique_id, topic=f"test/{unique_id}", image_encoding=encoding))
    entity_id = home_assistant.entity_id(unique_id)
    home_assistant.wait_state(entity_id, "idle")
    wait_for(lambda: home_assistant.picture(entity_id) == JPEG, "the picture")


@pytest.mark.parametrize(("encoding", "payload"), [("raw", JPEG), ("b64", base64.b64encode(JPEG))])
def test_image_serves_its_picture(
    home_assistant: HomeAssistant, client: Client, encoding: Any, payload: bytes
) -> None:
    unique_id = f"image_{encoding}"
    client.publish(f"test/{unique_id}", payload, retain=True)
    announce(
        client,
        Image(
            unique_id=unique_id,
            image_topic=f"test/{unique_id}",
            image_encoding=encoding,
            content_type="image/jpeg",
        ),
    )
    entity_id = home_assistant.entity_id(unique_id)
    home_assistant.wait_state(entity_id, lambda state: state != "unknown")
    assert home_assistant.picture(entity_id) == JPEG


def test_image_is_fetched_from_its_url(home_assistant: HomeAssistant, client: Client, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(JPEG)
    server = ThreadingHTTPServer((HOST, 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    with ExitStack() as stack:
        stack.callback(server.server_close)
        Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        client.publish("test/image_url", f"http://{HOST}:{server.server_port}/picture.jpg", retain=True)
        announce(client, Image(unique_id="image_url", url_topic="test/image_url"))
        entity_id = home_assistant.entity_id("image_url")
        home_assistant.wait_state(entity_id, lambda state: state != "unknown")
        assert home_assistant.picture(entity_id) == JPEG


def test_event_shows_the_last_event(home_assistant: HomeAssistant, broker: Mosquitto, client: Client) -> None:
    announce(
        client,
        Event(unique_id="event", state_topic="test/event", event_types=["ring"], device_class="doorbell"),
    )
    entity_id = home_assistant.entity_id("event")
    home_assistant.wait_state(entity_id, "unknown")
    wait_subscribed(broker, "test/event")
    client.publish("test/event", {"event_type": "ring", "button": 2})
    state = home_assistant.wait_state(entity_id, lambda state: state != "unknown")
    assert state["attributes"]["event_type"] == "ring"
    assert state["attributes"]["button"] == 2


def test_device_trigger_is_offered_and_fires(
    home_assistant: HomeAssistant, broker: Mosquitto, client: Client
) -> None:
    announce(
        client, DeviceAutomation(type="button_long_press", subtype="left", topic="test/trigger", payload="1")
    )
    device = wait_for(partial(home_assistant.device, "button_long_press_left"), "the device")

    def offered() -> list[dict[str, Any]]:
        found = home_assistant.ask("device_automation/trigger/list", device_id=device["id"])
        return [trigger for trigger in found if trigger["domain"] == "mqtt"]

    (trigger,) = wait_for(offered, "the trigger")
    assert (trigger["type"], trigger["subtype"]) == ("button_long_press", "left")
    trigger.pop("metadata")
    with connect(f"ws://{HOST}:{home_assistant.port}/api/websocket", open_timeout=30) as socket:
        assert json.loads(socket.recv(30))["type"] == "auth_required"
        socket.send(json.dumps({"type": "auth", "access_token": home_assistant.token}))
        assert json.loads(socket.recv(30))["type"] == "auth_ok"
        socket.send(json.dumps({"id": 1, "type": "subscribe_trigger", "trigger": trigger}))
        assert json.loads(socket.recv(30))["success"]
        wait_subscribed(broker, "test/trigger")
        client.publish("test/trigger", "0")
        client.publish("test/trigger", "1")
        fired = json.loads(socket.recv(30))["event"]["variables"]["trigger"]
    assert fired["payload"] == "1"
