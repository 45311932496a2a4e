"""Wrong components, devices and origins, for the models and for Home Assistant alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ha_discovery import (
    BinarySensor,
    Button,
    Camera,
    Device,
    DeviceAutomation,
    Event,
    Image,
    Light,
    LightJson,
    LightTemplate,
    Model,
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


@dataclass(frozen=True)
class Wrong:
    """What a model refuses, and what Home Assistant does with it.

    "refuses": the component does not come to life, or the key is dropped. "warns": it lives, with a warning
    in the log. "accepts": Home Assistant does not notice, but it cannot work as meant.
    """

    model: type[Model]
    given: Mapping[str, Any]
    reason: str
    home_assistant: Literal["refuses", "warns", "accepts"] = "refuses"

    def __str__(self) -> str:
        return f"{self.model.__name__}({', '.join(f'{key}={value!r}' for key, value in self.given.items())})"


ID: Final[dict[str, Any]] = {"unique_id": "u"}
COMMAND: Final[dict[str, Any]] = {**ID, "command_topic": "x/set"}
STATE: Final[dict[str, Any]] = {**ID, "state_topic": "x"}
TRIGGER: Final[dict[str, Any]] = {"type": "button_short_press", "subtype": "button_1", "topic": "x"}
TEMPLATES: Final[dict[str, Any]] = {**COMMAND, "command_on_template": "on", "command_off_template": "off"}
TWICE: Final = [{"topic": "x"}, {"topic": "x"}]

WRONG: Final = [
    # every entity
    Wrong(Button, {"command_topic": "x"}, "unique_id.*required"),
    Wrong(Button, {"command_topic": "x", "unique_id": ""}, "at least 1 character", "accepts"),
    Wrong(Button, COMMAND | {"object_id": "x"}, "object_id does not exist.*default_entity_id='button.x'"),
    Wrong(Button, COMMAND | {"frobnicate": 1}, "not permitted"),
    Wrong(Button, COMMAND | {"default_entity_id": "x"}, r'"button\.name"', "accepts"),
    Wrong(Button, COMMAND | {"default_entity_id": "switch.x"}, r'"button\.name"', "accepts"),
    Wrong(Button, COMMAND | {"default_entity_id": "button.Front-door"}, r'"button\.name"', "accepts"),
    Wrong(Button, COMMAND | {"icon": "camera"}, "set:name"),
    Wrong(Button, COMMAND | {"entity_picture": "picture.png"}, "is no URL"),
    Wrong(Button, COMMAND | {"entity_category": "system"}, "'config' or 'diagnostic'"),
    Wrong(Button, COMMAND | {"qos": 3}, "0, 1 or 2"),
    Wrong(Button, COMMAND | {"encoding": "utf-99"}, "no text encoding", "accepts"),
    Wrong(Button, COMMAND | {"message_expiry_interval": -1}, "greater than or equal to 0"),
    Wrong(Button, COMMAND | {"json_attributes_topic": "x/#/y"}, "whole last level"),
    Wrong(Button, COMMAND | {"json_attributes_template": "{{ value }}"}, "does nothing without", "accepts"),
    Wrong(
        Button, COMMAND | {"availability_topic": "x", "availability": [{"topic": "y"}]}, "exclude each other"
    ),
    Wrong(Button, COMMAND | {"availability": TWICE}, "lists a topic twice: x", "accepts"),
    Wrong(Button, COMMAND | {"availability": [{"payload_available": "yes"}]}, "topic.*required"),
    Wrong(Button, COMMAND | {"availability": [{"topic": ""}]}, "must not be empty"),
    Wrong(Button, COMMAND | {"availability_mode": "some"}, "'all', 'any' or 'latest'"),
    Wrong(Button, COMMAND | {"payload_available": "yes"}, "belongs to availability_topic", "accepts"),
    Wrong(
        Button, COMMAND | {"availability_template": "{{ value }}"}, "belongs to availability_topic", "accepts"
    ),
    # topics
    Wrong(Button, ID | {"command_topic": "x/+"}, "wildcards .* cannot be published"),
    Wrong(Button, ID | {"command_topic": "x/#"}, "wildcards .* cannot be published"),
    Wrong(Button, ID | {"command_topic": ""}, "must not be empty"),
    Wrong(Button, ID | {"command_topic": "x\0"}, "must not have"),
    Wrong(Button, ID | {"command_topic": "x\n"}, "must not have"),
    Wrong(Button, ID | {"command_topic": "\ufdd0"}, "must not have"),
    Wrong(Button, ID | {"command_topic": "\U0010ffff"}, "must not have"),
    Wrong(Button, ID | {"command_topic": "ä" * 32768}, "65535 bytes"),
    Wrong(Camera, ID | {"topic": "x/a+/y"}, "whole level"),
    Wrong(Camera, ID | {"topic": "x/a#"}, "whole level"),
    Wrong(Camera, ID | {"topic": "#/x"}, "whole last level"),
    # one platform each
    Wrong(Camera, ID, "topic.*required"),
    Wrong(Camera, ID | {"topic": "x", "image_encoding": "raw"}, "'b64'"),
    Wrong(Image, ID, "exactly one of image_topic and url_topic"),
    Wrong(Image, ID | {"image_topic": "x", "url_topic": "y"}, "exactly one of"),
    Wrong(
        Image,
        ID | {"url_topic": "x", "content_type": "image/png"},
        "content_type cannot be used with url_topic",
    ),
    Wrong(
        Image, ID | {"url_topic": "x", "image_encoding": "b64"}, "image_encoding cannot be used", "accepts"
    ),
    Wrong(Image, ID | {"image_topic": "x", "url_template": "y"}, "url_template cannot be used", "accepts"),
    Wrong(Image, ID | {"image_topic": "x", "image_encoding": "hex"}, "'b64' or 'raw'"),
    Wrong(Switch, COMMAND | {"device_class": "lamp"}, "'outlet' or 'switch'"),
    Wrong(Number, COMMAND | {"min": 5, "max": 1}, r"min \(5\) must be below max \(1\)"),
    Wrong(Number, COMMAND | {"min": 101}, r"min \(101\) must be below max \(100\)"),
    Wrong(Number, COMMAND | {"min": 5, "max": 5}, r"min \(5\) must be below max \(5\)", "accepts"),
    Wrong(Number, COMMAND | {"step": 0.0001}, "greater than or equal to 0.001"),
    Wrong(Number, COMMAND | {"step": 0}, "greater than or equal to 0.001"),
    Wrong(Number, COMMAND | {"max": 0.5}, r"step \(1\) is larger than the range from 0 to 0.5", "accepts"),
    Wrong(Number, COMMAND | {"mode": "knob"}, "'auto', 'box' or 'slider'"),
    Wrong(Number, COMMAND | {"device_class": "enum"}, "literal_error"),
    Wrong(
        Number,
        COMMAND | {"device_class": "temperature"},
        "no unit_of_measurement; allowed: K, °C, °F",
        "warns",
    ),
    Wrong(
        Number,
        COMMAND | {"device_class": "current", "unit_of_measurement": "V"},
        "allowed: A, mA, μA",
        "warns",
    ),
    Wrong(Number, COMMAND | {"device_class": "aqi", "unit_of_measurement": "%"}, "allowed: no unit", "warns"),
    Wrong(Select, COMMAND, "options.*required"),
    Wrong(Select, COMMAND | {"options": []}, "at least one is needed", "accepts"),
    Wrong(Select, COMMAND | {"options": ["a", "b", "a"]}, "listed twice: a", "accepts"),
    Wrong(Select, COMMAND | {"options": ["a", " "]}, "blank text", "accepts"),
    Wrong(Select, COMMAND | {"options": ["Auto", "None"]}, "'None' could never be shown", "accepts"),
    Wrong(Button, COMMAND | {"device_class": "press"}, "'identify', 'restart' or 'update'"),
    Wrong(Sensor, STATE | {"entity_category": "config"}, "'config' is for entities that set something"),
    Wrong(Sensor, STATE | {"options": ["a"]}, "options need device_class 'enum', not None"),
    Wrong(Sensor, STATE | {"options": ["a"], "device_class": "duration"}, "options need device_class 'enum'"),
    Wrong(Sensor, STATE | {"options": [], "device_class": "enum"}, "at least one is needed"),
    Wrong(Sensor, STATE | {"device_class": "enum"}, "'enum' needs options", "accepts"),
    Wrong(
        Sensor, STATE | {"options": ["a", "None"], "device_class": "enum"}, "could never be shown", "accepts"
    ),
    Wrong(
        Sensor,
        STATE | {"options": ["a"], "device_class": "enum", "state_class": "measurement"},
        "'enum' has no numeric values",
    ),
    Wrong(
        Sensor,
        STATE | {"options": ["a"], "device_class": "enum", "unit_of_measurement": "s"},
        "'enum' has no numeric values",
    ),
    Wrong(
        Sensor,
        STATE | {"device_class": "date", "state_class": "measurement"},
        "'date' has no numeric",
        "warns",
    ),
    Wrong(
        Sensor,
        STATE | {"device_class": "timestamp", "state_class": "total"},
        "'timestamp' has no numeric values and takes no state_class",
        "warns",
    ),
    Wrong(
        Sensor,
        STATE | {"device_class": "timestamp", "unit_of_measurement": "s"},
        "'timestamp' has no numeric values and takes no unit",
    ),
    Wrong(
        Sensor,
        STATE | {"device_class": "energy", "state_class": "measurement", "unit_of_measurement": "kWh"},
        "allowed: total, total_increasing",
        "warns",
    ),
    Wrong(
        Sensor, STATE | {"device_class": "temperature"}, "no unit_of_measurement; allowed: K, °C, °F", "warns"
    ),
    Wrong(Sensor, STATE | {"device_class": "temperature", "unit_of_measurement": "C"}, "allowed: K, °C, °F"),
    Wrong(Sensor, STATE | {"device_class": "ph", "unit_of_measurement": "pH"}, "allowed: no unit"),
    Wrong(Sensor, STATE | {"device_class": "fps"}, "literal_error"),
    Wrong(Sensor, STATE | {"state_class": "sum"}, "literal_error"),
    Wrong(Sensor, STATE | {"state_class": "measurement_angle"}, "needs a unit_of_measurement of °"),
    Wrong(Sensor, STATE | {"unit_of_measurement": " "}, "unit_of_measurement is blank"),
    Wrong(Sensor, STATE | {"last_reset_value_template": "x"}, "needs state_class 'total', not None"),
    Wrong(Sensor, STATE | {"expire_after": -1}, "greater than or equal to 0"),
    Wrong(Sensor, STATE | {"suggested_display_precision": -1}, "greater than or equal to 0"),
    Wrong(BinarySensor, STATE | {"entity_category": "config"}, "'config' is for entities that set something"),
    Wrong(BinarySensor, STATE | {"device_class": "movement"}, "literal_error"),
    Wrong(BinarySensor, STATE | {"off_delay": -1}, "greater than or equal to 0"),
    Wrong(BinarySensor, STATE | {"payload_on": "OFF"}, "both 'OFF'", "accepts"),
    Wrong(Event, STATE, "event_types.*required"),
    Wrong(Event, STATE | {"event_types": []}, "at least one is needed", "accepts"),
    Wrong(Event, STATE | {"event_types": ["a"], "device_class": "door"}, "literal_error"),
    Wrong(Event, STATE | {"event_types": ["a"], "device_class": "doorbell"}, "needs 'ring'", "warns"),
    Wrong(Text, COMMAND | {"min": 9, "max": 8}, r"min \(9\) must not be above max \(8\)"),
    Wrong(Text, COMMAND | {"max": 256}, "less than or equal to 255"),
    Wrong(Text, COMMAND | {"min": -1}, "greater than or equal to 0"),
    Wrong(Text, COMMAND | {"pattern": "[a-"}, "no regular expression"),
    Wrong(Text, COMMAND | {"mode": "secret"}, "'text' or 'password'"),
    Wrong(Update, STATE | {"device_class": "software"}, "'firmware'"),
    Wrong(Update, STATE | {"display_precision": -1}, "greater than or equal to 0"),
    Wrong(Update, STATE | {"release_url": "notes.html"}, "is no URL", "accepts"),
    Wrong(Siren, COMMAND | {"available_tones": []}, "at least one is needed", "accepts"),
    Wrong(Siren, COMMAND | {"support_duration": "perhaps"}, "valid boolean"),
    Wrong(Notify, ID | {"command_topic": "x/#"}, "wildcards .* cannot be published"),
    Wrong(Light, COMMAND | {"white_command_topic": "y"}, "needs the command topic of a color"),
    Wrong(Light, COMMAND | {"on_command_type": "never"}, "'first', 'last' or 'brightness'"),
    Wrong(Light, COMMAND | {"brightness_scale": 0}, "greater than or equal to 1"),
    Wrong(Light, COMMAND | {"rgb_command_topic": "x/+"}, "wildcards .* cannot be published"),
    Wrong(
        Light, COMMAND | {"min_kelvin": 6000, "max_kelvin": 2000}, "min_kelvin .* below max_kelvin", "accepts"
    ),
    Wrong(
        Light, COMMAND | {"min_mireds": 500, "max_mireds": 150}, "min_mireds .* below max_mireds", "accepts"
    ),
    Wrong(Light, COMMAND | {"max_mireds": 500, "min_kelvin": 2000}, "mireds and kelvin", "accepts"),
    Wrong(LightJson, COMMAND | {"supported_color_modes": ["cmyk"]}, "literal_error"),
    Wrong(LightJson, COMMAND | {"supported_color_modes": []}, "at least one mode"),
    Wrong(LightJson, COMMAND | {"supported_color_modes": ["hs", "hs"]}, "each only once"),
    Wrong(LightJson, COMMAND | {"supported_color_modes": ["onoff", "hs"]}, "'onoff' excludes all others"),
    Wrong(LightJson, COMMAND | {"supported_color_modes": ["white"]}, "'white' needs one of"),
    Wrong(LightTemplate, COMMAND | {"command_on_template": "on"}, "command_off_template.*required"),
    Wrong(LightTemplate, TEMPLATES | {"red_template": "x"}, "needs all three", "accepts"),
    Wrong(DeviceAutomation, {"type": "a", "topic": "x"}, "subtype.*required"),
    Wrong(DeviceAutomation, TRIGGER | {"type": ""}, "at least 1 character", "accepts"),
    Wrong(DeviceAutomation, TRIGGER | {"qos": 3}, "0, 1 or 2"),
    # the device and the origin
    Wrong(Device, {"name": "x"}, "needs identifiers or connections"),
    Wrong(Device, {"identifiers": []}, "needs identifiers or connections"),
    Wrong(Device, {"identifiers": ["a"], "via_device": "a"}, "'a' is the device itself", "accepts"),
    Wrong(Device, {"identifiers": ["a"], "configuration_url": "192.0.2.1"}, "is no URL"),
    Wrong(Device, {"identifiers": ["a"], "configuration_url": "ftp://192.0.2.1/"}, "is no URL"),
    Wrong(Device, {"identifiers": ["a"], "configuration_url": "http://x:port/"}, "is no URL"),
    Wrong(Device, {"identifiers": ["a"], "configuration_url": "http://my host/"}, "is no URL"),
    Wrong(Device, {"identifiers": ["a"], "firmware": "1"}, "not permitted"),
    Wrong(Device, {"connections": [("mac",)]}, r"connections\.0\.1.*required"),
    Wrong(Device, {"connections": [("mac", "x", "y")]}, "at most 2", "accepts"),
    Wrong(Origin, {"sw_version": "1"}, "name.*required"),
    Wrong(Origin, {"name": "x", "support_url": "www.example.org"}, "is no URL"),
]
