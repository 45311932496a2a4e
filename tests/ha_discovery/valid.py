"""Valid components: as small as possible, with every key, and those that a rule could refuse by mistake."""

from collections.abc import Mapping
from typing import Any, Final

from ha_discovery import (
    Availability,
    BinarySensor,
    Button,
    Camera,
    Component,
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
from tests.ha_discovery.invalid import COMMAND, ID, STATE, TEMPLATES, TRIGGER

ENTITY: Final[dict[str, Any]] = {
    "name": "Thing",
    "icon": "mdi:camera",
    "entity_picture": "https://example.org/picture.png",
    "enabled_by_default": False,
    "visible_by_default": False,
    "json_attributes_topic": "x/+/attributes",
    "json_attributes_template": "{{ value_json.more | to_json }}",
    "message_expiry_interval": 60,
    "encoding": "",
    "qos": 2,
    "group": ["other"],
}
LIST: Final = {
    "availability": [
        Availability(topic="a"),
        Availability(
            topic="b", payload_available="1", payload_not_available="0", value_template="{{ value_json.on }}"
        ),
    ],
    "availability_mode": "all",
}
SHORT: Final = {
    "availability_topic": "a",
    "availability_template": "{{ value }}",
    "payload_available": "1",
    "payload_not_available": "0",
}
SWITCHING: Final = COMMAND | {"state_topic": "x", "optimistic": True, "retain": True}
TEMPLATED: Final = {"command_template": "{{ value }}", "value_template": "{{ value_json.x }}"}
ON_OFF: Final = {"payload_on": "1", "payload_off": "0", "state_on": "on", "state_off": "off"}
COLOR_TEMPERATURE: Final = {"color_temp_kelvin": True, "min_kelvin": 2000, "max_kelvin": 6500}


def _light_topics() -> dict[str, Any]:
    given: dict[str, Any] = {"white_command_topic": "x/white"}
    for name in ("brightness", "color_temp", "effect", "hs", "rgb", "rgbw", "rgbww", "xy"):
        given |= {f"{name}_command_topic": f"x/{name}/set", f"{name}_state_topic": f"x/{name}"}
        given |= {f"{name}_command_template": "{{ value }}", f"{name}_value_template": "{{ value }}"}
    return given


def _full(model: type[Component], given: Mapping[str, Any], *, short: bool = False) -> Component:
    name = f"{model.__name__.lower()}_{'short' if short else 'full'}"
    common = ENTITY | (SHORT if short else LIST) | {"default_entity_id": f"{model.platform}.{name}"}
    return model(**{**common, **given, "unique_id": name})


VALID: Final[list[Component]] = [
    # as small as possible
    Camera(**ID, topic="x"),
    Image(**ID, url_topic="x"),
    Switch(**COMMAND),
    Number(**COMMAND),
    Select(**COMMAND, options=["a"]),
    Button(**COMMAND),
    Sensor(**STATE),
    BinarySensor(**STATE),
    Event(**STATE, event_types=["motion"]),
    Text(**COMMAND),
    Update(**STATE),
    Light(**COMMAND),
    LightJson(**ID | {"unique_id": "json"}, command_topic="x"),
    LightTemplate(**TEMPLATES | {"unique_id": "template"}),
    Siren(**COMMAND),
    Notify(**COMMAND),
    DeviceAutomation(**TRIGGER),
    # with every key
    _full(Camera, {"topic": "x", "image_encoding": "b64", "entity_category": "diagnostic"}),
    _full(Image, {"image_topic": "x", "content_type": "image/png", "image_encoding": "b64"}),
    _full(Image, {"url_topic": "x", "url_template": "{{ value }}", "name": None}, short=True),
    _full(Switch, SWITCHING | TEMPLATED | ON_OFF | {"device_class": "outlet", "entity_category": "config"}),
    _full(
        Number,
        SWITCHING
        | TEMPLATED
        | {"min": -1.5, "max": 1.5, "step": 0.001, "mode": "slider", "payload_reset": "reset"}
        | {"device_class": "temperature", "unit_of_measurement": "°C"},
    ),
    _full(Select, SWITCHING | TEMPLATED | {"options": ("Daylight", "Cloudy", "Ä 1")}),
    _full(
        Button,
        COMMAND | {"command_template": "x", "payload_press": "go", "device_class": "restart", "retain": True},
        short=True,
    ),
    _full(
        Sensor,
        STATE
        | {"device_class": "energy", "state_class": "total", "unit_of_measurement": "kWh"}
        | {"value_template": "{{ value }}", "last_reset_value_template": "{{ value_json.reset }}"}
        | {"expire_after": 60, "force_update": True, "suggested_display_precision": 2},
    ),
    _full(
        BinarySensor,
        STATE
        | {"payload_on": "1", "payload_off": "0", "value_template": "{{ value }}", "off_delay": 5}
        | {
            "expire_after": 60,
            "force_update": True,
            "device_class": "motion",
            "entity_category": "diagnostic",
        },
    ),
    _full(
        Event,
        STATE
        | {"event_types": ["ring", "held"], "device_class": "doorbell", "value_template": "{{ value }}"},
    ),
    _full(Text, SWITCHING | TEMPLATED | {"min": 1, "max": 20, "mode": "password", "pattern": "[a-z]+"}),
    _full(
        Update,
        STATE
        | {"value_template": "{{ value }}", "command_topic": "x/install", "payload_install": "now"}
        | {"latest_version_topic": "x/latest", "latest_version_template": "{{ value }}", "title": "Software"}
        | {"release_summary": "new", "release_url": "https://example.org/1", "display_precision": 1}
        | {"device_class": "firmware", "retain": True},
    ),
    _full(
        Siren,
        SWITCHING
        | ON_OFF
        | {"command_template": "x", "command_off_template": "y", "state_value_template": "{{ value }}"}
        | {"available_tones": ["ping"], "support_duration": False, "support_volume_set": False},
    ),
    _full(Notify, COMMAND | {"command_template": "{{ value }}", "retain": True}),
    _full(
        Light,
        SWITCHING
        | COLOR_TEMPERATURE
        | _light_topics()
        | {"payload_on": "1", "payload_off": "0", "state_value_template": "{{ value }}"}
        | {"effect_list": ["rainbow"], "on_command_type": "first", "brightness_scale": 100, "white_scale": 99}
        | {"color_mode_state_topic": "x/mode", "color_mode_value_template": "{{ value }}"},
    ),
    _full(
        LightJson,
        SWITCHING
        | COLOR_TEMPERATURE
        | {
            "brightness": True,
            "brightness_scale": 99,
            "white_scale": 99,
            "effect": True,
            "effect_list": ["a"],
        }
        | {"flash": False, "flash_time_long": 9, "flash_time_short": 1, "transition": False}
        | {"supported_color_modes": ["rgb", "white", "color_temp"]},
    ),
    _full(
        LightTemplate,
        SWITCHING
        | TEMPLATES
        | {"color_temp_kelvin": True, "min_mireds": 150, "max_mireds": 500, "effect_list": ["a"]}
        | {
            "brightness_template": "b",
            "color_temp_template": "c",
            "effect_template": "e",
            "state_template": "s",
        }
        | {"red_template": "r", "green_template": "g", "blue_template": "b"},
    ),
    DeviceAutomation(
        type="click",
        subtype="1",
        topic="x",
        payload="p",
        value_template="{{ value }}",
        qos=1,
        encoding="ascii",
    ),
    # those that a rule could refuse by mistake
    Sensor(unique_id="enum", state_topic="x", device_class="enum", options=["idle", "none"]),
    Sensor(unique_id="time", state_topic="x", device_class="timestamp"),
    Sensor(unique_id="uptime", state_topic="x", device_class="uptime"),
    Sensor(unique_id="monetary", state_topic="x", device_class="monetary", unit_of_measurement="EUR"),
    Sensor(unique_id="ph", state_topic="x", device_class="ph", state_class="measurement"),
    Sensor(unique_id="factor", state_topic="x", device_class="power_factor"),
    Sensor(unique_id="micro", state_topic="x", device_class="pm25", unit_of_measurement="\u00b5g/m³"),
    Sensor(unique_id="fps", state_topic="x", state_class="measurement", unit_of_measurement="fps"),
    Sensor(
        unique_id="wind",
        state_topic="x",
        device_class="wind_direction",
        state_class="measurement_angle",
        unit_of_measurement="°",
    ),
    Number(unique_id="number_unit", command_topic="x", min=1, max=2, unit_of_measurement="anything"),
    Camera(unique_id="everything", topic="#"),
    Camera(unique_id="level", topic="+/x//+"),
    Text(unique_id="one_length", command_topic="x", min=8, max=8),
]
