"""The models have exactly Home Assistant's keys, with its defaults.

``keys-2026.11.json`` is the output ``tables`` of ``schema_validator.py``, made from Home Assistant 2026.11.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from ha_discovery import (
    Availability,
    BinarySensor,
    Button,
    Camera,
    Component,
    Device,
    DeviceAutomation,
    DeviceDiscovery,
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

KEYS: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "keys-2026.11.json").read_text())
MODELS: Final[dict[str, type[Model]]] = {
    "availability": Availability,
    "binary_sensor": BinarySensor,
    "button": Button,
    "camera": Camera,
    "device": Device,
    "device_automation": DeviceAutomation,
    "device discovery": DeviceDiscovery,
    "event": Event,
    "image": Image,
    "light basic": Light,
    "light json": LightJson,
    "light template": LightTemplate,
    "notify": Notify,
    "number": Number,
    "origin": Origin,
    "select": Select,
    "sensor": Sensor,
    "siren": Siren,
    "switch": Switch,
    "text": Text,
    "update": Update,
}
FROM_THE_DEVICE: Final = {"device", "origin"}
"""Keys that a component inherits from the device payload, whatever its own are."""
OMITTED: Final = {
    # the same as a list with one entry
    "availability_template",
    "availability_topic",
    "payload_available",
    "payload_not_available",
    # versions before 2026 refuse devices with these
    "child_devices",
    "message_expiry_interval",
}
"""Keys of the device payload that the model does not have."""


def fixed(model: type[Model]) -> set[str]:
    return set(model.fixed) if issubclass(model, Component) else set()


def expected(name: str) -> dict[str, Any]:
    """Return the keys that a model should have, according to Home Assistant."""
    model, table = MODELS[name], KEYS[name]
    without: set[str] = FROM_THE_DEVICE if issubclass(model, Component) else set()
    if model is DeviceDiscovery:
        without = OMITTED
    elif model is Light:
        without = without | {"schema"}  # this schema is the default
    keys = {*table["required"], *table["defaults"], *table["optional"]}
    return {
        "all": keys - without,
        "required": set(table["required"]) - without,
        "defaults": {key: value for key, value in table["defaults"].items() if key not in without},
    }


def test_every_table_has_a_model() -> None:
    assert KEYS.keys() == MODELS.keys()


@pytest.mark.parametrize("name", MODELS)
def test_models_have_all_keys(name: str) -> None:
    model = MODELS[name]
    assert set(model.model_fields) | fixed(model) == expected(name)["all"]


@pytest.mark.parametrize("name", MODELS)
def test_models_have_the_defaults(name: str) -> None:
    model = MODELS[name]
    given = {key: field.default for key, field in model.model_fields.items() if not field.is_required()}
    defaults = expected(name)["defaults"]
    for key, value in given.items():
        if value is not None and model is not DeviceDiscovery:
            assert value == defaults.pop(key), key
    assert not set(defaults) - fixed(model) or model is DeviceDiscovery


@pytest.mark.parametrize("name", MODELS)
def test_models_require_the_required_keys(name: str) -> None:
    model = MODELS[name]
    required = {key for key, field in model.model_fields.items() if field.is_required()}
    topics = set(model.required_topics) if issubclass(model, Component) else set()
    wanted = expected(name)["required"]
    # required in a device payload
    ours = {"unique_id", "components"} & set(model.model_fields)
    assert required | topics | (fixed(model) & wanted) == wanted | ours
