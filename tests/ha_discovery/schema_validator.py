"""Check discovery payloads with Home Assistant's own schemas. It runs in Home Assistant's Python environment.

It reads ``[device payload, ...]`` as JSON from standard input and writes a JSON object: ``version``, ``tables`` (all
keys that Home Assistant knows), ``copied`` (the names and units that the models copy) and ``reports``, the result of
`check` for each payload. Home Assistant is not started: the payloads are validated, then each entity is created and
its state read.
"""

import asyncio
import copy
import importlib
import json
import logging
import sys
import tempfile
from typing import Any

MQTT = "homeassistant.components.mqtt"
PLATFORMS = (
    "binary_sensor",
    "button",
    "camera",
    "device_automation",
    "event",
    "image",
    "notify",
    "number",
    "select",
    "sensor",
    "siren",
    "switch",
    "text",
    "update",
)
"""The platforms with one schema; lights have three."""


def mqtt(module: str) -> Any:
    return importlib.import_module(f"{MQTT}.{module}")


class Log(logging.Handler):
    """A log handler that keeps the warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def take(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


def schemas(platform: str) -> list[Any]:
    found = [mqtt(platform).DISCOVERY_SCHEMA]
    if platform == "device_automation":
        found.append(mqtt("device_trigger").TRIGGER_DISCOVERY_SCHEMA)
    return found


def keys(schema: Any) -> dict[str, Any]:
    """Return the markers of all keys in a schema, by key."""
    found: dict[str, Any] = {}
    inner = getattr(schema, "schema", schema)
    if isinstance(inner, dict):
        names = ((getattr(marker, "schema", marker), marker) for marker in inner)
        found = {name: marker for name, marker in names if isinstance(name, str)}
    for part in getattr(schema, "validators", None) or ():
        found |= keys(part)
    return found


def describe(*found: Any) -> dict[str, Any]:
    """Return the required keys of schemas, the defaults, and the optional keys without default."""
    described: dict[str, Any] = {"required": [], "defaults": {}, "optional": []}
    markers = {key: marker for schema in found for key, marker in keys(schema).items()}
    for key, marker in sorted(markers.items()):
        default = getattr(marker, "default", None)
        if type(marker).__name__ == "Required":
            described["required"].append(key)
        elif callable(default) and default() is not None and default() != []:
            described["defaults"][key] = default()
        else:
            described["optional"].append(key)
    return described


def tables() -> dict[str, Any]:
    """Return the description of every schema, by name."""
    described = {platform: describe(*schemas(platform)) for platform in PLATFORMS}
    for name in ("basic", "json", "template"):
        module = mqtt(f"light.schema_{name}")
        described[f"light {name}"] = describe(getattr(module, f"DISCOVERY_SCHEMA_{name.upper()}"))
    common = mqtt("schemas")
    described["availability"] = describe(
        common._MQTT_AVAILABILITY_LIST_SCHEMA.schema["availability"].validators[1][0]
    )
    described["device"] = describe(common._MQTT_DEVICE_INFO_SCHEMA_BASE)
    described["origin"] = describe(common.MQTT_ORIGIN_INFO_SCHEMA)
    described["device discovery"] = describe(common.DEVICE_DISCOVERY_SCHEMA)
    return described


def copied() -> dict[str, Any]:
    """Return the names, units and classes that the models copy."""
    short = mqtt("abbreviations")
    sensor = importlib.import_module("homeassistant.components.sensor.const")
    number = importlib.import_module("homeassistant.components.number.const")
    classes = {
        name: sorted(getattr(importlib.import_module(f"homeassistant.components.{name}"), enum))
        for name, enum in (
            ("sensor", "SensorDeviceClass"),
            ("number", "NumberDeviceClass"),
            ("binary_sensor", "BinarySensorDeviceClass"),
            ("button", "ButtonDeviceClass"),
            ("event", "EventDeviceClass"),
            ("switch", "SwitchDeviceClass"),
            ("update", "UpdateDeviceClass"),
        )
    }
    return {
        "abbreviations": [short.ABBREVIATIONS, short.DEVICE_ABBREVIATIONS, short.ORIGIN_ABBREVIATIONS],
        "platforms": sorted(mqtt("const").SUPPORTED_COMPONENTS),
        "shared_options": sorted(mqtt("schemas").SHARED_OPTIONS),
        "device_classes": classes,
        "units": plain_units(sensor.DEVICE_CLASS_UNITS),
        "number_units": plain_units(number.DEVICE_CLASS_UNITS),
        "state_class_units": plain_units(sensor.STATE_CLASS_UNITS),
        "state_classes": {
            name: sorted(allowed) for name, allowed in sensor.DEVICE_CLASS_STATE_CLASSES.items()
        },
        "ambiguous_units": sensor.AMBIGUOUS_UNITS,
    }


def plain_units(table: Any) -> dict[str, list[str | None]]:
    return {
        name: sorted((None if unit is None else str(unit) for unit in units), key=str)
        for name, units in table.items()
    }


def entity_class(platform: str, config: dict[str, Any]) -> Any:
    module = mqtt(f"light.schema_{config['schema']}" if platform == "light" else platform)
    base = mqtt("entity").MqttEntity
    (found,) = (
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, base) and item.__module__ == module.__name__
    )
    return found


def show(hass: Any, platform: str, config: dict[str, Any]) -> None:
    """Create the entity as discovery does, and read its state."""
    kind = entity_class(platform, config)
    entity = kind.__new__(kind)
    entity.hass, entity.entity_id, entity._config = hass, f"{platform}.x", config
    entity._suggest_report_issue = lambda: "report it"
    entity._setup_from_config(config)
    entity._setup_common_attributes_from_config(config)
    if platform == "event":
        entity._async_write_ha_state()
    elif platform == "number":
        entity._attr_native_value = config["min"]
        _ = entity.state
    elif platform == "sensor":
        entity._attr_native_value = 1 if entity._numeric_state_expected else None
        _ = entity.state


def check_component(hass: Any, key: str, given: dict[str, Any], payload: dict[str, Any]) -> list[str]:
    """Return the errors of one component of a device payload, to which the shared options apply."""
    discovery, invalid = mqtt("discovery"), importlib.import_module("probatio").Error
    part = dict(given)
    platform = part.pop("platform")
    if not part:
        return []
    wrapped = discovery.MQTTDiscoveryPayload(
        {**part, "device": payload["device"], "origin": payload["origin"]}
    )
    discovery._merge_common_device_options(wrapped, payload)
    config: Any = dict(wrapped)
    try:
        for schema in schemas(platform):
            config = schema(config)
    except invalid as error:
        return [f"{key}: {error}"]
    errors = [f"{key}: {name} is dropped" for name in part if name not in config]
    if platform != "device_automation":
        try:
            show(hass, platform, config)
        except Exception as error:  # noqa: BLE001
            # any error means that the entity does not work
            errors.append(f"{key}: {error!r}")
    return errors


def check(hass: Any, log: Log, given: dict[str, Any]) -> dict[str, list[str]]:
    """Return the reasons for which Home Assistant refuses a payload (`errors`) and its log (`warnings`)."""
    discovery, common = mqtt("discovery"), mqtt("schemas")
    payload = copy.deepcopy(given)
    discovery._replace_all_abbreviations(payload)
    try:
        payload = common.DEVICE_DISCOVERY_SCHEMA(payload)
        common.validate_device_discovery_components(payload)
    except importlib.import_module("probatio").Error as error:
        return {"errors": [f"the device: {error}"], "warnings": log.take()}
    errors: list[str] = []
    for key, part in payload["components"].items():
        errors += check_component(hass, key, part, payload)
    return {"errors": errors, "warnings": log.take()}


async def report(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    core = importlib.import_module("homeassistant.core")
    entity = importlib.import_module("homeassistant.helpers.entity")
    version = importlib.import_module("homeassistant.const").__version__
    entity.Entity._async_write_ha_state = lambda self: None  # no state machine runs
    log = Log()
    logging.getLogger("homeassistant").addHandler(log)
    with tempfile.TemporaryDirectory() as folder:
        hass = core.HomeAssistant(folder)
        reports = [check(hass, log, payload) for payload in payloads]
        await hass.async_stop(force=True)
    return {"version": version, "tables": tables(), "copied": copied(), "reports": reports}


if __name__ == "__main__":
    json.dump(asyncio.run(report(json.load(sys.stdin))), sys.stdout)
