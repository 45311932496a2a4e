"""The keys that models accept and refuse."""

import re

import pytest
from pydantic import ValidationError

from ha_discovery import Camera, Component, Device, Light, Number, Origin, Select, Sensor
from tests.ha_discovery.invalid import COMMAND, ID, INVALID, STATE, Invalid
from tests.ha_discovery.valid import VALID


@pytest.mark.parametrize("invalid", INVALID, ids=str)
def test_invalid_keys_are_refused(invalid: Invalid) -> None:
    with pytest.raises(ValidationError, match=f"(?s){invalid.error}"):
        invalid.model(**invalid.keys)


@pytest.mark.parametrize("invalid", INVALID, ids=str)
def test_errors_name_the_key(invalid: Invalid) -> None:
    with pytest.raises(ValidationError) as caught:
        invalid.model(**invalid.keys)
    keys = {*invalid.model.model_fields, *invalid.keys}
    for error in caught.value.errors():
        assert keys & {*map(str, error["loc"]), *re.findall(r"\w+", error["msg"])}, error


@pytest.mark.parametrize("component", VALID, ids=lambda part: f"{type(part).__name__}-{part.identity}")
def test_valid_components_are_accepted(component: Component) -> None:
    assert component.to_dict()["p"] == component.platform


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_must_be_finite(value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Number(unique_id="u", command_topic="x", max=value)


def test_string_is_not_a_list_of_options() -> None:
    with pytest.raises(ValidationError, match="'str' instances are not allowed"):
        Select.model_validate(COMMAND | {"options": "abc"})


def test_topic_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError, match="surrogates not allowed"):
        Camera.model_validate(ID | {"topic": "\ud800"})


def test_models_are_immutable() -> None:
    sensor = Sensor.model_validate(STATE)
    with pytest.raises(ValidationError, match="frozen"):
        Sensor.__setattr__(sensor, "state_topic", "x/#/y")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.10:8080/", "https://example.org/a?b#c", "homeassistant://config", "http://[::1]/"]
)
def test_configuration_urls_are_accepted(url: str) -> None:
    assert Device(identifiers=["a"], configuration_url=url).to_dict()["cu"] == url
    assert Origin(name="x", support_url=url).to_dict()["url"] == url


def test_entity_picture_must_be_a_web_url() -> None:
    with pytest.raises(ValidationError, match="is not a URL"):
        Camera(unique_id="u", topic="x", entity_picture="homeassistant://picture")


def test_component_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Component()  # type: ignore[abstract]


def test_model_is_built_at_its_first_use() -> None:
    class NeverUsed(Light):
        """A model that no other test uses."""

    assert not NeverUsed.__pydantic_complete__
    NeverUsed.model_validate(COMMAND)
    assert NeverUsed.__pydantic_complete__
