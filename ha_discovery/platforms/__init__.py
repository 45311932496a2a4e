"""One class per platform of Home Assistant."""

from .binary_sensor import BinarySensor
from .button import Button
from .camera import Camera
from .device_automation import DeviceAutomation
from .event import Event
from .image import Image
from .light import Light, LightJson, LightTemplate
from .notify import Notify
from .number import Number
from .select import Select
from .sensor import Sensor
from .siren import Siren
from .switch import Switch
from .text import Text
from .update import Update

__all__ = [
    "BinarySensor",
    "Button",
    "Camera",
    "DeviceAutomation",
    "Event",
    "Image",
    "Light",
    "LightJson",
    "LightTemplate",
    "Notify",
    "Number",
    "Select",
    "Sensor",
    "Siren",
    "Switch",
    "Text",
    "Update",
]
