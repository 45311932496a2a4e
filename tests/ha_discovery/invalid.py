"""Invalid components, devices and origins, and what Home Assistant does with them."""

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
class Invalid:
    """Keys that a model refuses.

    Attributes:
        model: the model.
        keys: its keys and their values.
        error: a regular expression that the error matches.
        home_assistant: whether Home Assistant refuses the component or drops the key; accepts it and logs a warning;
            or accepts it, although it cannot work as intended.
    """

    model: type[Model]
    keys: Mapping[str, Any]
    error: str
    home_assistant: Literal["refuses", "warns", "accepts"] = "refuses"

    def __str__(self) -> str:
        return f"{self.model.__name__}({', '.join(f'{key}={value!r}' for key, value in self.keys.items())})"


ID: Final[dict[str, Any]] = {"unique_id": "u"}
COMMAND: Final[dict[str, Any]] = {**ID, "command_topic": "x/set"}
STATE: Final[dict[str, Any]] = {**ID, "state_topic": "x"}
TRIGGER: Final[dict[str, Any]] = {"type": "button_short_press", "subtype": "button_1", "topic": "x"}
TEMPLATES: Final[dict[str, Any]] = {**COMMAND, "command_on_template": "on", "command_off_template": "off"}
TWICE: Final = [{"topic": "x"}, {"topic": "x"}]

INVALID: Final = [
    # every entity
    Invalid(Button, {"command_topic": "x"}, "unique_id.*required"),
    Invalid(Button, {"command_topic": "x", "unique_id": ""}, "at least 1 character", "accepts"),
    Invalid(Button, COMMAND | {"object_id": "x"}, "object_id was removed.*default_entity_id='button.x'"),
    Invalid(Button, COMMAND | {"frobnicate": 1}, "not permitted"),
    Invalid(Button, COMMAND | {"default_entity_id": "x"}, r'"button\.name"', "accepts"),
    Invalid(Button, COMMAND | {"default_entity_id": "switch.x"}, r'"button\.name"', "accepts"),
    Invalid(Button, COMMAND | {"default_entity_id": "button.Front-door"}, r'"button\.name"', "accepts"),
    Invalid(Button, COMMAND | {"icon": "camera"}, 'not an icon of the form "set:name"'),
    Invalid(Button, COMMAND | {"entity_picture": "picture.png"}, "is not a URL"),
    Invalid(Button, COMMAND | {"entity_category": "system"}, "'config' or 'diagnostic'"),
    Invalid(Button, COMMAND | {"qos": 3}, "0, 1 or 2"),
    Invalid(Button, COMMAND | {"encoding": "utf-99"}, "not an encoding", "accepts"),
    Invalid(Button, COMMAND | {"message_expiry_interval": -1}, "greater than or equal to 0"),
    Invalid(Button, COMMAND | {"json_attributes_topic": "x/#/y"}, "whole last level"),
    Invalid(
        Button,
        COMMAND | {"json_attributes_template": "{{ value }}"},
        "only allowed with json_attributes_topic",
        "accepts",
    ),
    Invalid(
        Button,
        COMMAND | {"availability_topic": "x", "availability": [{"topic": "y"}]},
        "only one of availability",
    ),
    Invalid(Button, COMMAND | {"availability": TWICE}, "availability: .*listed twice: x", "accepts"),
    Invalid(Button, COMMAND | {"availability": [{"payload_available": "yes"}]}, "topic.*required"),
    Invalid(Button, COMMAND | {"availability": [{"topic": ""}]}, "must not be empty"),
    Invalid(Button, COMMAND | {"availability_mode": "some"}, "'all', 'any' or 'latest'"),
    Invalid(
        Button, COMMAND | {"payload_available": "yes"}, "only allowed with availability_topic", "accepts"
    ),
    Invalid(
        Button,
        COMMAND | {"availability_template": "{{ value }}"},
        "only allowed with availability_topic",
        "accepts",
    ),
    # topics
    Invalid(Button, ID | {"command_topic": "x/+"}, r"wildcards \+ and # are not allowed"),
    Invalid(Button, ID | {"command_topic": "x/#"}, r"wildcards \+ and # are not allowed"),
    Invalid(Button, ID | {"command_topic": ""}, "must not be empty"),
    Invalid(Button, ID | {"command_topic": "x\0"}, "not allowed in topics"),
    Invalid(Button, ID | {"command_topic": "x\n"}, "not allowed in topics"),
    Invalid(Button, ID | {"command_topic": "\ufdd0"}, "not allowed in topics"),
    Invalid(Button, ID | {"command_topic": "\U0010ffff"}, "not allowed in topics"),
    Invalid(Button, ID | {"command_topic": "ä" * 32768}, "65535 bytes"),
    Invalid(Camera, ID | {"topic": "x/a+/y"}, "whole level"),
    Invalid(Camera, ID | {"topic": "x/a#"}, "whole level"),
    Invalid(Camera, ID | {"topic": "#/x"}, "whole last level"),
    # platforms
    Invalid(Camera, ID, "topic.*required"),
    Invalid(Camera, ID | {"topic": "x", "image_encoding": "raw"}, "'b64'"),
    Invalid(Image, ID, "exactly one of image_topic and url_topic"),
    Invalid(Image, ID | {"image_topic": "x", "url_topic": "y"}, "exactly one of"),
    Invalid(
        Image,
        ID | {"url_topic": "x", "content_type": "image/png"},
        "content_type: only allowed with image_topic",
    ),
    Invalid(
        Image,
        ID | {"url_topic": "x", "image_encoding": "b64"},
        "only allowed with image_topic",
        "accepts",
    ),
    Invalid(
        Image,
        ID | {"image_topic": "x", "url_template": "y"},
        "only allowed with url_topic",
        "accepts",
    ),
    Invalid(Image, ID | {"image_topic": "x", "image_encoding": "hex"}, "'b64' or 'raw'"),
    Invalid(Switch, COMMAND | {"device_class": "lamp"}, "'outlet' or 'switch'"),
    Invalid(Number, COMMAND | {"min": 5, "max": 1}, r"min \(5\) must be below max \(1\)"),
    Invalid(Number, COMMAND | {"min": 101}, r"min \(101\) must be below max \(100\)"),
    Invalid(Number, COMMAND | {"min": 5, "max": 5}, r"min \(5\) must be below max \(5\)", "accepts"),
    Invalid(Number, COMMAND | {"step": 0.0001}, "greater than or equal to 0.001"),
    Invalid(Number, COMMAND | {"step": 0}, "greater than or equal to 0.001"),
    Invalid(
        Number,
        COMMAND | {"max": 0.5},
        r"step \(1\) must .* max \(0.5\)",
        "accepts",
    ),
    Invalid(Number, COMMAND | {"mode": "knob"}, "'auto', 'box' or 'slider'"),
    Invalid(Number, COMMAND | {"device_class": "enum"}, "literal_error"),
    Invalid(
        Number,
        COMMAND | {"device_class": "temperature"},
        "unit_of_measurement is missing .*allowed: K, °C, °F",
        "warns",
    ),
    Invalid(
        Number,
        COMMAND | {"device_class": "current", "unit_of_measurement": "V"},
        "allowed: A, mA, μA",
        "warns",
    ),
    Invalid(
        Number, COMMAND | {"device_class": "aqi", "unit_of_measurement": "%"}, "allowed: no unit", "warns"
    ),
    Invalid(Select, COMMAND, "options.*required"),
    Invalid(Select, COMMAND | {"options": []}, "at least one value is required", "accepts"),
    Invalid(Select, COMMAND | {"options": ["a", "b", "a"]}, "must be different, listed twice: a", "accepts"),
    Invalid(Select, COMMAND | {"options": ["a", " "]}, "blank values are not allowed", "accepts"),
    Invalid(Select, COMMAND | {"options": ["Auto", "None"]}, "options: 'None' is not allowed", "accepts"),
    Invalid(Button, COMMAND | {"device_class": "press"}, "'identify', 'restart' or 'update'"),
    Invalid(
        Sensor,
        STATE | {"entity_category": "config"},
        "allowed here: 'diagnostic'",
    ),
    Invalid(Sensor, STATE | {"options": ["a"]}, "options is only allowed with device_class 'enum', not None"),
    Invalid(
        Sensor,
        STATE | {"options": ["a"], "device_class": "duration"},
        "options is only allowed",
    ),
    Invalid(Sensor, STATE | {"options": [], "device_class": "enum"}, "at least one value is required"),
    Invalid(
        Sensor, STATE | {"device_class": "enum"}, "options is required for device_class 'enum'", "accepts"
    ),
    Invalid(
        Sensor,
        STATE | {"options": ["a", "None"], "device_class": "enum"},
        "options: 'None' is not allowed",
        "accepts",
    ),
    Invalid(
        Sensor,
        STATE | {"options": ["a"], "device_class": "enum", "state_class": "measurement"},
        "state_class 'measurement' is wrong for device_class 'enum'; allowed: none",
    ),
    Invalid(
        Sensor,
        STATE | {"options": ["a"], "device_class": "enum", "unit_of_measurement": "s"},
        "unit_of_measurement is not allowed for device_class 'enum'",
    ),
    Invalid(
        Sensor,
        STATE | {"device_class": "date", "state_class": "measurement"},
        "wrong for device_class 'date'; allowed: none",
        "warns",
    ),
    Invalid(
        Sensor,
        STATE | {"device_class": "timestamp", "state_class": "total"},
        "state_class 'total' is wrong for device_class 'timestamp'; allowed: none",
        "warns",
    ),
    Invalid(
        Sensor,
        STATE | {"device_class": "timestamp", "unit_of_measurement": "s"},
        "unit_of_measurement is not allowed for device_class 'timestamp'",
    ),
    Invalid(
        Sensor,
        STATE | {"device_class": "energy", "state_class": "measurement", "unit_of_measurement": "kWh"},
        "allowed: total, total_increasing",
        "warns",
    ),
    Invalid(
        Sensor,
        STATE | {"device_class": "temperature"},
        "unit_of_measurement is missing .*allowed: K, °C, °F",
        "warns",
    ),
    Invalid(
        Sensor, STATE | {"device_class": "temperature", "unit_of_measurement": "C"}, "allowed: K, °C, °F"
    ),
    Invalid(Sensor, STATE | {"device_class": "ph", "unit_of_measurement": "pH"}, "allowed: no unit"),
    Invalid(Sensor, STATE | {"device_class": "fps"}, "literal_error"),
    Invalid(Sensor, STATE | {"state_class": "sum"}, "literal_error"),
    Invalid(Sensor, STATE | {"state_class": "measurement_angle"}, "unit_of_measurement must be °"),
    Invalid(Sensor, STATE | {"unit_of_measurement": " "}, "unit_of_measurement must not be blank"),
    Invalid(
        Sensor, STATE | {"last_reset_value_template": "x"}, "only allowed with state_class 'total', not None"
    ),
    Invalid(Sensor, STATE | {"expire_after": -1}, "greater than or equal to 0"),
    Invalid(Sensor, STATE | {"suggested_display_precision": -1}, "greater than or equal to 0"),
    Invalid(
        BinarySensor,
        STATE | {"entity_category": "config"},
        "allowed here: 'diagnostic'",
    ),
    Invalid(BinarySensor, STATE | {"device_class": "movement"}, "literal_error"),
    Invalid(BinarySensor, STATE | {"off_delay": -1}, "greater than or equal to 0"),
    Invalid(
        BinarySensor,
        STATE | {"payload_on": "OFF"},
        "must differ, both are 'OFF'",
        "accepts",
    ),
    Invalid(Event, STATE, "event_types.*required"),
    Invalid(Event, STATE | {"event_types": []}, "at least one value is required", "accepts"),
    Invalid(Event, STATE | {"event_types": ["a"], "device_class": "door"}, "literal_error"),
    Invalid(
        Event,
        STATE | {"event_types": ["a"], "device_class": "doorbell"},
        "event_types must have 'ring'",
        "warns",
    ),
    Invalid(Text, COMMAND | {"min": 9, "max": 8}, r"min \(9\) must not be larger than max \(8\)"),
    Invalid(Text, COMMAND | {"max": 256}, "less than or equal to 255"),
    Invalid(Text, COMMAND | {"min": -1}, "greater than or equal to 0"),
    Invalid(Text, COMMAND | {"pattern": "[a-"}, "not a regular expression"),
    Invalid(Text, COMMAND | {"mode": "secret"}, "'text' or 'password'"),
    Invalid(Update, STATE | {"device_class": "software"}, "'firmware'"),
    Invalid(Update, STATE | {"display_precision": -1}, "greater than or equal to 0"),
    Invalid(Update, STATE | {"release_url": "notes.html"}, "is not a URL", "accepts"),
    Invalid(Siren, COMMAND | {"available_tones": []}, "at least one value is required", "accepts"),
    Invalid(Siren, COMMAND | {"support_duration": "perhaps"}, "valid boolean"),
    Invalid(Notify, ID | {"command_topic": "x/#"}, r"wildcards \+ and # are not allowed"),
    Invalid(
        Light,
        COMMAND | {"white_command_topic": "y"},
        "only allowed with .* rgbww_command_topic",
    ),
    Invalid(Light, COMMAND | {"on_command_type": "never"}, "'first', 'last' or 'brightness'"),
    Invalid(Light, COMMAND | {"brightness_scale": 0}, "greater than or equal to 1"),
    Invalid(Light, COMMAND | {"rgb_command_topic": "x/+"}, r"wildcards \+ and # are not allowed"),
    Invalid(
        Light, COMMAND | {"min_kelvin": 6000, "max_kelvin": 2000}, "min_kelvin .* below max_kelvin", "accepts"
    ),
    Invalid(
        Light, COMMAND | {"min_mireds": 500, "max_mireds": 150}, "min_mireds .* below max_mireds", "accepts"
    ),
    Invalid(
        Light,
        COMMAND | {"max_mireds": 500, "min_kelvin": 2000},
        "only one of min_kelvin",
        "accepts",
    ),
    Invalid(LightJson, COMMAND | {"supported_color_modes": ["cmyk"]}, "literal_error"),
    Invalid(LightJson, COMMAND | {"supported_color_modes": []}, "at least one mode"),
    Invalid(LightJson, COMMAND | {"supported_color_modes": ["hs", "hs"]}, "each only once"),
    Invalid(LightJson, COMMAND | {"supported_color_modes": ["onoff", "hs"]}, "'onoff' is only allowed alone"),
    Invalid(LightJson, COMMAND | {"supported_color_modes": ["white"]}, "'white' is only allowed with one of"),
    Invalid(LightTemplate, COMMAND | {"command_on_template": "on"}, "command_off_template.*required"),
    Invalid(LightTemplate, TEMPLATES | {"red_template": "x"}, "only allowed together", "accepts"),
    Invalid(DeviceAutomation, {"type": "a", "topic": "x"}, "subtype.*required"),
    Invalid(DeviceAutomation, TRIGGER | {"type": ""}, "at least 1 character", "accepts"),
    Invalid(DeviceAutomation, TRIGGER | {"qos": 3}, "0, 1 or 2"),
    # the device and the origin
    Invalid(Device, {"name": "x"}, "identifiers or connections is required"),
    Invalid(Device, {"identifiers": []}, "identifiers or connections is required"),
    Invalid(
        Device,
        {"identifiers": ["a"], "via_device": "a"},
        "must be another device, not 'a'",
        "accepts",
    ),
    Invalid(
        Device,
        {"identifiers": ["a"], "configuration_url": "192.0.2.1"},
        "is not a URL",
    ),
    Invalid(
        Device,
        {"identifiers": ["a"], "configuration_url": "ftp://192.0.2.1/"},
        "is not a URL",
    ),
    Invalid(
        Device,
        {"identifiers": ["a"], "configuration_url": "http://x:port/"},
        "is not a URL",
    ),
    Invalid(
        Device,
        {"identifiers": ["a"], "configuration_url": "http://my host/"},
        "is not a URL",
    ),
    Invalid(Device, {"identifiers": ["a"], "firmware": "1"}, "not permitted"),
    Invalid(Device, {"connections": [("mac",)]}, r"connections\.0\.1.*required"),
    Invalid(Device, {"connections": [("mac", "x", "y")]}, "at most 2", "accepts"),
    Invalid(Origin, {"sw_version": "1"}, "name.*required"),
    Invalid(Origin, {"name": "x", "support_url": "www.example.org"}, "is not a URL"),
]
