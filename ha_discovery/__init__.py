"""Home Assistant's MQTT discovery as typed models.

Each platform is a class with every key that Home Assistant 2026.11 knows, under its full name. What Home
Assistant would refuse, or accept and then not do, is refused here, when the model is made, with the reason
(pydantic's ValidationError, a ValueError). The payload has Home Assistant's short names and leaves its
defaults out.

    from ha_discovery import Availability, Camera, Device, DeviceDiscovery, Number, Origin

    discovery = DeviceDiscovery(
        device=Device(identifiers=["garden"], name="Garden", manufacturer="Example"),
        origin=Origin(name="example", sw_version="1.0", support_url="https://example.org/"),
        availability=[Availability(topic="garden/status")],
        components={
            "picture": Camera(unique_id="garden_picture", name=None, topic="garden/image"),
            "zoom": Number(unique_id="garden_zoom", name="Zoom", command_topic="garden/zoom", min=1, max=8),
        },
    )
    client.publish(discovery.topic(object_id="garden"), discovery.payload_bytes(), qos=1, retain=True)

The library sends nothing itself: it makes topics and payloads, for any MQTT client.
"""

from .availability import Availability
from .base import Model
from .changes import RemoveFirstError, remove_device, update_steps, with_removals
from .component import Component, Entity
from .device import Device, Origin
from .migration import migrate
from .payload import PREFIX, DeviceDiscovery, Message, Platform, Removal, device_topic
from .platforms import (
    BinarySensor,
    Button,
    Camera,
    DeviceAutomation,
    Event,
    Image,
    Light,
    LightJson,
    LightTemplate,
    Notify,
    Number,
    Select,
    Sensor,
    Siren,
    Switch,
    Text,
    Update,
)
from .platforms.binary_sensor import BinarySensorDeviceClass
from .platforms.button import ButtonDeviceClass
from .platforms.event import EventDeviceClass
from .platforms.light import ColorMode
from .platforms.number import NumberDeviceClass, NumberMode
from .platforms.sensor import SensorDeviceClass
from .platforms.switch import SwitchDeviceClass
from .platforms.text import TextMode
from .platforms.update import UpdateDeviceClass
from .types import AvailabilityMode, EntityCategory, QoS
from .units import StateClass

__all__ = [
    "PREFIX",
    "Availability",
    "AvailabilityMode",
    "BinarySensor",
    "BinarySensorDeviceClass",
    "Button",
    "ButtonDeviceClass",
    "Camera",
    "ColorMode",
    "Component",
    "Device",
    "DeviceAutomation",
    "DeviceDiscovery",
    "Entity",
    "EntityCategory",
    "Event",
    "EventDeviceClass",
    "Image",
    "Light",
    "LightJson",
    "LightTemplate",
    "Message",
    "Model",
    "Notify",
    "Number",
    "NumberDeviceClass",
    "NumberMode",
    "Origin",
    "Platform",
    "QoS",
    "Removal",
    "RemoveFirstError",
    "Select",
    "Sensor",
    "SensorDeviceClass",
    "Siren",
    "StateClass",
    "Switch",
    "SwitchDeviceClass",
    "Text",
    "TextMode",
    "Update",
    "UpdateDeviceClass",
    "device_topic",
    "migrate",
    "remove_device",
    "update_steps",
    "with_removals",
]
