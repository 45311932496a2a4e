"""Typed models for Home Assistant's MQTT discovery.

A `DeviceDiscovery` describes a device with its components: one class per platform, with every key of Home
Assistant 2026.11 under its full name. Creating a model raises pydantic's ValidationError, a ValueError, for what
Home Assistant would refuse, or accept without doing what was meant. Payloads have Home Assistant's short names
and omit defaults.

The package makes topics and payloads, for any MQTT client; it publishes nothing. See README.md for an example.
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
