"""The entity declarations as Home Assistant's MQTT discovery messages."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping

import orjson
from pydantic import ValidationError

import ha_discovery as ha
from mqttcam import __version__
from mqttcam.camera.control_words import option_titles
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import Entity, Platform
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node, picture_addresses
from mqttcam.mqtt.topics import CameraTopics, Topics
from mqttcam.values import Choice, Number, Rectangle, Switch, Text, Vector

log = logging.getLogger(__name__)

ORIGIN = ha.Origin(name="mqttcam", sw_version=__version__)
_CLASSES: dict[Platform, type[ha.Entity]] = {
    "binary_sensor": ha.BinarySensor,
    "button": ha.Button,
    "camera": ha.Camera,
    "event": ha.Event,
    "image": ha.Image,
    "number": ha.Number,
    "select": ha.Select,
    "sensor": ha.Sensor,
    "switch": ha.Switch,
    "text": ha.Text,
}
_LONGEST_TEXT = 255
_WHILE_ON = "{{ 'offline' if value_json.enabled == 'OFF' else 'online' }}"
"""The availability of pictures by the state: Home Assistant shows none of a camera that is switched off (privacy)."""
_UNITS = {"µs": "μs"}
"""Home Assistant spells microseconds with the Greek letter instead of the sign of Latin-1."""
_UNKNOWN = "none"
"""A state that Home Assistant's MQTT select takes for unknown, in upper or lower case."""


def node_object_id(node_id: str) -> str:
    """Return the id of the node's device in topics and identifiers."""
    return f"mqttcam_{node_id}"


def camera_object_id(node_id: str, camera_id: str) -> str:
    """Return the id of a camera's device in topics and identifiers."""
    return f"mqttcam_{node_id}_{camera_id}"


def node_discovery(node: Node, topics: Topics) -> ha.DeviceDiscovery:
    """Return the node's device, which the devices of its cameras refer to."""
    object_id = node_object_id(node.id)
    name = f"mqttcam {node.id}"
    components: dict[str, ha.Component] = {}
    for entity in NODE:
        read_from = topics.status if entity.topic == "status" else topics.health
        command_topic = topics.command(entity.command) if entity.command else None
        keys = _common(entity, object_id, name) | _value_keys(entity, read_from, command_topic)
        if entity.key == "problem":
            keys |= _attributes(topics, "{'trouble': value_json.trouble | default([])}")
        if read_from != topics.status:  # what says whether the node is there is itself always available
            keys["availability"] = (ha.Availability(topic=topics.status),)
        components[entity.key] = _component(entity, keys)
    return ha.DeviceDiscovery(
        device=ha.Device(
            identifiers=(object_id,),
            name=name,
            manufacturer=node.machine.manufacturer or "mqttcam",
            model=node.machine.model or "Camera node",
            hw_version=node.machine.hw_version,
            sw_version=__version__,
            suggested_area=node.suggested_area,
            configuration_url=node.page,
        ),
        origin=ORIGIN,
        components=components,
    )


def camera_discovery(device: CameraDevice, node: Node, topics: Topics) -> ha.DeviceDiscovery:
    """Return a camera's device with every entity that it has now."""
    object_id = camera_object_id(node.id, device.id)
    here = topics.camera(device.id)
    info = device.camera.info
    addresses = _address_keys(picture_addresses(node.page, device.id), here) if node.page else {}
    components: dict[str, ha.Component] = {}
    available = (ha.Availability(topic=topics.status), ha.Availability(topic=here.availability))
    while_on = ha.Availability(topic=here.state, value_template=_WHILE_ON)
    for entity in camera_entities(device):
        keys = _camera_keys(entity, here) | (addresses if entity.topic == "image" else {})
        if entity.topic in ("image", "snapshot", "motion_image", "detection_image", "series_image"):
            keys |= {"availability": (*available, while_on), "availability_mode": "all"}
        if entity.key == "last_error":
            keys |= _attributes(topics, _hint_of(device.id))
        if entity.available_by is not None:
            known = ha.Availability(topic=here.state, value_template=_while_known(entity.available_by))
            keys |= {"availability": (*available, known), "availability_mode": "all"}
        try:
            components[entity.key] = _component(entity, _common(entity, object_id, device.name) | keys)
        except ValidationError as error:
            # Home Assistant has no entity for some controls, such as a number with a single value.
            reason = error.errors()[0]["msg"]
            log.warning("camera %s: %s is not shown in Home Assistant: %s", device.id, entity.key, reason)
    return ha.DeviceDiscovery(
        device=ha.Device(
            identifiers=(object_id,),
            name=device.name,
            manufacturer=info.manufacturer if info else None,
            model=info.model if info else None,
            hw_version=info.hw_version if info else None,
            serial_number=info.serial if info and device.settings.source.type != "url" else None,
            sw_version=__version__,
            suggested_area=device.settings.suggested_area,
            via_device=node_object_id(node.id),
            configuration_url=node.page,
        ),
        origin=ORIGIN,
        components=components,
        availability=available,
        availability_mode="all",
    )


def _component(entity: Entity[CameraDevice] | Entity[Node], keys: Mapping[str, object]) -> ha.Entity:
    return _CLASSES[entity.platform].model_validate(dict(keys))


def _common(
    entity: Entity[CameraDevice] | Entity[Node], object_id: str, device_name: str
) -> dict[str, object]:
    name = slugify(device_name) or slugify(object_id)
    end = entity.object_id or entity.name
    suffix = "" if end is None else f"_{slugify(end) or slugify(entity.key)}"
    return {
        "unique_id": f"{object_id}_{entity.key}",
        "name": entity.name,
        "default_entity_id": f"{entity.platform}.{name}{suffix}",
        **({"entity_category": entity.category} if entity.category else {}),
        **dict(entity.options),
    }


def _camera_keys(entity: Entity[CameraDevice], topics: CameraTopics) -> dict[str, object]:
    read_from = _camera_topic(entity, topics)
    match entity.platform:
        case "camera":
            return {"topic": read_from}
        case "image":
            return {"image_topic": read_from, "content_type": "image/jpeg"}
        case "event":
            # Every event of the camera is on this topic, and Home Assistant logs a warning for types it does not know.
            types = dict(entity.options)["event_types"]
            template = f"{{{{ value if value_json.event_type in {types} else '' }}}}"
            return {"state_topic": read_from, "value_template": template}
        case _:
            command_topic = topics.command(entity.command) if entity.command else topics.set_key(entity.key)
            return _value_keys(
                entity, read_from, command_topic if entity.command or entity.settable else None
            )


def _camera_topic(entity: Entity[CameraDevice], topics: CameraTopics) -> str:
    match entity.topic:
        case "image":
            return topics.image
        case "snapshot":
            return topics.snapshot
        case "motion_image":
            return topics.motion_image
        case "detection_image":
            assert entity.label is not None, "the topic has a label"
            return topics.detection_image(entity.label)
        case "series_image":
            assert entity.series is not None, "the topic has a series"
            return topics.series_image(entity.series)
        case "event":
            return topics.event
        case _:
            return topics.state


def _while_known(key: str) -> str:
    """Return the template of an availability that ends while a value of the state is null."""
    return f"{{{{ 'offline' if value_json.{key} | default(none) is none else 'online' }}}}"


def _address_keys(addresses: Mapping[str, str], topics: CameraTopics) -> dict[str, object]:
    """Return the keys that make `stream_url` and `snapshot_url` attributes of an entity.

    Home Assistant reads attributes from a topic only. The template ignores the payload; of a camera's topics,
    availability changes least.
    """
    template = orjson.dumps({f"{name}_url": url for name, url in addresses.items()}).decode()
    return {"json_attributes_topic": topics.availability, "json_attributes_template": template}


def _attributes(topics: Topics, value: str) -> dict[str, object]:
    """Return the keys that make a value, an expression of the node's `health`, the attributes of an entity."""
    return {
        "json_attributes_topic": topics.health,
        "json_attributes_template": f"{{{{ {value} | to_json }}}}",
    }


def _hint_of(camera_id: str) -> str:
    """Return the expression of what to do about the problem of a camera, and since when it lasts."""
    found = f"value_json.trouble | default([]) | selectattr('id', 'eq', 'camera-{camera_id}')"
    problem = f"({found} | first | default({{}}))"
    return f"{{'hint': {problem}.hint | default(none), 'since': {problem}.since | default(none)}}"


def _value_keys(
    entity: Entity[CameraDevice] | Entity[Node], read_from: str, command_topic: str | None
) -> dict[str, object]:
    keys: dict[str, object] = {"command_topic": command_topic} if command_topic else {}
    if entity.arguments:
        keys["payload_press"] = orjson.dumps(dict(entity.arguments)).decode()
    if entity.topic != "state":
        return keys | {"state_topic": read_from}
    if entity.kind is None:
        return keys
    # The state lacks the controls of a camera that has not been opened in this run, and its readings until frames have
    # come. Home Assistant has them from earlier runs, and logs missing keys.
    value = f"value_json.{entity.read_from or entity.key} | default(none)"
    template = f"{{{{ {value} }}}}"
    keys["state_topic"] = read_from
    match entity.kind:
        case Number(unit=unit) as number if entity.read_from is None:
            keys |= {"unit_of_measurement": _UNITS.get(unit, unit)} if unit else {}
            keys |= {"min": number.minimum, "max": number.maximum} if entity.platform == "number" else {}
        case Choice(options=options):
            names = option_titles(options)
            names |= {option: f"({option})" for option in options if option.lower() == _UNKNOWN}
            keys["options"] = [names.get(option, option) for option in options]
            if names:
                template = _renamed(names, value)
                back = _renamed({name: option for option, name in names.items()}, "value")
                keys |= {"command_template": back} if command_topic else {}
        case Text(max_length=longest) if entity.platform == "text":
            keys["max"] = min(longest, _LONGEST_TEXT)
            template = _or_empty(value, value)
        case Vector() | Rectangle():
            template = _or_empty(value, f"value_json.{entity.key} | to_json")
        case Switch():
            pass
    return keys | {"value_template": template}


def _or_empty(value: str, shown: str) -> str:
    """Return a template that is empty where the value is null: MQTT's text entities have no unknown."""
    return f"{{{{ '' if {value} is none else {shown} }}}}"


def _renamed(names: Mapping[str, str], value: str) -> str:
    """Return a template that renames some values."""
    return f"{{{{ {dict(names)}.get({value}, {value}) }}}}"


def slugify(text: str) -> str:
    """Return a name as part of an entity id, as `homeassistant.util.slugify` does; may be empty.

    Only lower-case ASCII letters, digits and single underscores are left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def discovery_messages(
    node: Node, devices: Iterable[CameraDevice], topics: Topics, prefix: str
) -> dict[str, dict[str, object]]:
    """Return every discovery message by topic; the node's is the first, as the devices of its cameras refer to it."""
    payloads = {config_topic(prefix, node_object_id(node.id)): node_discovery(node, topics).payload()}
    for device in devices:
        payloads[config_topic(prefix, camera_object_id(node.id, device.id))] = camera_discovery(
            device, node, topics
        ).payload()
    return payloads


def config_topic(prefix: str, object_id: str) -> str:
    """Return the topic of a device's discovery message."""
    return f"{prefix}/device/{object_id}/config"
