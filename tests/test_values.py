"""The kinds of values: what each accepts, its normal form, and its errors."""

from __future__ import annotations

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.values import (
    Choice,
    InvalidValue,
    Json,
    Number,
    Rectangle,
    Switch,
    Text,
    ValueKind,
    Vector,
    coerce_all,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KINDS: list[ValueKind] = [
    Switch(),
    Number(-1, 1),
    Number(0, 10, integer=True),
    Number(0, 30, words=(("max", 30),)),
    Choice(("Auto", "Daylight")),
    Text(20),
    Text(20, "[a-z]+"),
    Vector(Number(0, 32), 2),
    Rectangle((0, 0, 640, 480)),
    Json("object", "any"),
    Json("array", "any"),
]


@pytest.mark.parametrize("raw", ["ON", "on", "true", "True", "1", True, 1, " on "])
def test_switch_on(raw: object) -> None:
    assert Switch().coerce(raw) is True


@pytest.mark.parametrize("raw", ["OFF", "off", "false", "0", False, 0])
def test_switch_off(raw: object) -> None:
    assert Switch().coerce(raw) is False


@pytest.mark.parametrize("raw", ["", "maybe", 2, 1.5, None, [], {"on": 1}])
def test_switch_refuses(raw: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        Switch().coerce(raw)
    assert caught.value.allowed == ["ON", "OFF"]


def test_switch_is_on_or_off_in_json() -> None:
    assert [Switch().encode(value) for value in (True, False, None)] == ["ON", "OFF", None]


@pytest.mark.parametrize(("raw", "value"), [(0.5, 0.5), ("0.5", 0.5), (1, 1.0), ("-1", -1.0), (" 0 ", 0.0)])
def test_number_accepts_numbers_and_their_text(raw: object, value: float) -> None:
    assert Number(-1, 1).coerce(raw) == value


@pytest.mark.parametrize(
    "raw", [1.01, "nan", "inf", "-inf", math.nan, math.inf, 10**400, "x", "", None, True, [1], "1e999"]
)
def test_number_refuses_with_its_range(raw: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        Number(-1, 1).coerce(raw)
    assert caught.value.allowed == {"min": -1, "max": 1}


def test_integers_stay_integers() -> None:
    value = Number(0, 10, integer=True).coerce("5.0")
    assert value == 5
    assert isinstance(value, int)
    with pytest.raises(InvalidValue, match="whole"):
        Number(0, 10, integer=True).coerce(5.5)


def test_a_word_stands_for_its_number() -> None:
    kind = Number(0, 30, words=(("max", 30),))
    assert kind.coerce("Max") == 30
    assert kind.allowed == {"min": 0, "max": 30, "words": ["max"]}


def test_choice_accepts_any_case_and_has_one_normal_form() -> None:
    assert Choice(("Auto", "Daylight")).coerce("dayLIGHT") == "Daylight"
    with pytest.raises(InvalidValue, match="Auto, Daylight"):
        Choice(("Auto", "Daylight")).coerce("Dusk")


def test_vector_accepts_a_list_and_its_text() -> None:
    kind = Vector(Number(0, 32), 2)
    assert kind.coerce([1, 2.5]) == kind.coerce("[1, 2.5]") == kind.coerce("1,2.5") == (1.0, 2.5)
    for raw in ([1], "1", [1, 2, 3], [1, 33], ["a", 1], {"a": 1}):
        with pytest.raises(InvalidValue):
            kind.coerce(raw)


@pytest.mark.parametrize(
    "raw",
    [
        [10, 20, 30, 40],
        (10, 20, 30, 40),
        [10.0, "20", 30, 40],
        "10, 20, 30, 40",
        "[10,20,30,40]",
        " (10, 20, 30, 40) ",
    ],
)
def test_rectangle_accepts_a_list_and_its_text(raw: object) -> None:
    value = Rectangle((0, 0, 640, 480)).coerce(raw)
    assert value == (10, 20, 30, 40)
    assert all(isinstance(number, int) for number in value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([1, 2, 3], "[1, 2, 3]' is not x, y, width, height"),
        ("1, 2, 3, 4, 5", "[1, 2, 3, 4, 5]' is not x, y, width, height"),
        ("left", "'left' is not x, y, width, height"),
        ({"x": 1}, "is not x, y, width, height"),
        (None, "'None' is not x, y, width, height"),
        ([100, 50, 20.5, 20], "20.5 is not a whole number"),
        ([100, 50, "a", 20], "'a' is not a number"),
        ([100, 50, 15, 20], "15x20 is smaller than 16x12"),
        ([100, 50, -20, 20], "-20x20 is smaller than 16x12"),
        ([99, 50, 20, 20], "99, 50, 20, 20 is not within 100, 50, 640, 480"),
        ([100, 49, 20, 20], "100, 49, 20, 20 is not within 100, 50, 640, 480"),
        ([721, 50, 20, 20], "721, 50, 20, 20 is not within 100, 50, 640, 480"),
        ([100, 511, 20, 20], "100, 511, 20, 20 is not within 100, 50, 640, 480"),
        ([100, 50, 1e300, 20], "is not between"),
    ],
)
def test_rectangle_refuses_with_its_bounds(raw: object, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Rectangle((100, 50, 640, 480), (16, 12)).coerce(raw)
    assert message in caught.value.message
    assert caught.value.allowed == {"bounds": [100, 50, 640, 480], "least": [16, 12]}


def test_rectangle_in_json_and_its_description() -> None:
    kind = Rectangle((0, 0, 640, 480), view="scaler_crop")
    assert kind.coerce([0, 0, 640, 480]) == (0, 0, 640, 480)
    assert (kind.encode((1, 2, 3, 4)), kind.encode(None)) == ([1, 2, 3, 4], None)
    assert kind.describe() == {
        "type": "rectangle",
        "bounds": [0, 0, 640, 480],
        "least": [1, 1],
        "view": "scaler_crop",
    }


@given(st.sampled_from(KINDS), ANYTHING)
def test_any_value_is_accepted_or_refused_with_a_message(kind: ValueKind, raw: object) -> None:
    try:
        value = kind.coerce(raw)
    except InvalidValue as error:
        assert error.message
        assert error.allowed
        assert len(error.message) < 300
    else:
        assert kind.coerce(kind.encode(value)) == value


def test_the_error_names_the_first_refused_key() -> None:
    with pytest.raises(InvalidValue) as caught:
        coerce_all({"a": Switch(), "b": Number(0, 1)}, {"a": "ON", "b": 7})
    assert caught.value.field == "b"


@pytest.mark.parametrize(
    ("kind", "raw", "normal"),
    [
        ("object", {"a": [1]}, '{"a":[1]}'),
        ("object", ' {"a": [1]} ', '{"a":[1]}'),
        ("array", [1, {}], "[1,{}]"),
        ("array", "[]", "[]"),
    ],
)
def test_json_is_its_text(kind: str, raw: object, normal: str) -> None:
    json = Json(kind, "any")
    assert json.coerce(raw) == normal
    assert json.encode(normal) == (orjson.loads(raw) if isinstance(raw, str) else raw)


@pytest.mark.parametrize(
    ("kind", "raw"), [("object", []), ("object", "{"), ("object", 1), ("array", {}), ("array", None)]
)
def test_json_of_another_type_is_refused(kind: str, raw: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        Json(kind, "as in the file").coerce(raw)
    assert caught.value.allowed == f"a JSON {kind}, as in the file"
