"""What the models refuse, and what they accept."""

import pytest
from pydantic import ValidationError

from ha_discovery import Camera, Component, Device, Light, Number, Origin, Select, Sensor
from tests.ha_discovery.cases import COMMAND, ID, STATE, WRONG, Wrong
from tests.ha_discovery.examples import RIGHT


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_combinations_are_refused_with_the_reason(wrong: Wrong) -> None:
    with pytest.raises(ValidationError, match=f"(?s){wrong.reason}"):
        wrong.model(**wrong.given)


@pytest.mark.parametrize("component", RIGHT, ids=lambda part: f"{type(part).__name__}-{part.identity}")
def test_what_is_right_is_announced(component: Component) -> None:
    assert component.to_dict()["p"] == component.platform


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_are_finite(value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Number(unique_id="u", command_topic="x", max=value)


def test_a_text_is_no_list() -> None:
    with pytest.raises(ValidationError, match="'str' instances are not allowed"):
        Select.model_validate(COMMAND | {"options": "abc"})


def test_lone_surrogates_are_no_topics() -> None:
    with pytest.raises(ValidationError, match="surrogates not allowed"):
        Camera.model_validate(ID | {"topic": "\ud800"})


def test_models_do_not_change() -> None:
    sensor = Sensor.model_validate(STATE)
    with pytest.raises(ValidationError, match="frozen"):
        Sensor.__setattr__(sensor, "state_topic", "x/#/y")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.10:8080/", "https://example.org/a?b#c", "homeassistant://config", "http://[::1]/"]
)
def test_configuration_urls(url: str) -> None:
    assert Device(identifiers=["a"], configuration_url=url).to_dict()["cu"] == url
    assert Origin(name="x", support_url=url).to_dict()["url"] == url


def test_the_picture_of_an_entity_is_on_the_web() -> None:
    with pytest.raises(ValidationError, match="is no URL"):
        Camera(unique_id="u", topic="x", entity_picture="homeassistant://picture")


def test_only_platforms_are_components() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Component()  # type: ignore[abstract]


def test_a_model_is_built_when_it_is_first_used() -> None:
    class NeverUsed(Light):
        """Not built by anything else in the tests."""

    assert not NeverUsed.__pydantic_complete__
    NeverUsed.model_validate(COMMAND)
    assert NeverUsed.__pydantic_complete__
