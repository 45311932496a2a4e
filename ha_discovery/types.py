"""Strings that Home Assistant checks, as annotated types that make the same checks.

Source: ``components/mqtt/util.py`` and ``helpers/config_validation.py`` of Home Assistant 2026.11.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

_ID = re.compile(r"[A-Za-z0-9_-]+")
_ENTITY_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_NON_CHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_NOT_IN_TOPICS = re.compile(f"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_NON_CHARACTERS}]")
_SPACE_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")

MAX_TOPIC_BYTES: Final = 65535


def check_id(value: str) -> str:
    """An object id, node id or component key: A-Z, a-z, 0-9, ``_``, ``-`` (``discovery.TOPIC_MATCHER``)."""
    if not _ID.fullmatch(value):
        raise ValueError(f"{value!r} is no id: only the letters A-Z and a-z, digits, _ and - are allowed")
    return value


def check_topic(value: str) -> str:
    """A topic to publish to: no wildcards, no control characters, 1 to 65535 bytes of UTF-8."""
    if "+" in value or "#" in value:
        raise ValueError(f"{value!r} has a wildcard, and wildcards (+ #) cannot be published to")
    return _check_characters(value)


def check_topic_filter(value: str) -> str:
    """A topic to subscribe to: ``+`` is a whole level, ``#`` is the whole last level."""
    levels = value.split("/")
    for index, level in enumerate(levels):
        if ("+" in level and level != "+") or ("#" in level and (level != "#" or index + 1 < len(levels))):
            raise ValueError(f"{value!r}: + must be a whole level of the topic, and # the whole last level")
    return _check_characters(value)


def _check_characters(topic: str) -> str:
    if not topic:
        raise ValueError("a topic must not be empty")
    if len(topic.encode()) > MAX_TOPIC_BYTES:
        raise ValueError(f"a topic must not be longer than {MAX_TOPIC_BYTES} bytes")
    if found := _NOT_IN_TOPICS.search(topic):
        raise ValueError(f"{topic!r} has a character that topics must not have: {found[0]!r}")
    return topic


def check_web_url(value: str) -> str:
    """An absolute ``http`` or ``https`` URL."""
    return _check_url(value, ("http", "https"))


def check_configuration_url(value: str) -> str:
    """An absolute ``http``, ``https`` or ``homeassistant`` URL."""
    return _check_url(value, ("http", "https", "homeassistant"))


def _check_url(value: str, schemes: tuple[str, ...]) -> str:
    problem = f"{value!r} is no URL of the form {schemes[0]}://host/path (schemes: {', '.join(schemes)})"
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises for a port that is no number, or too large
    except ValueError as error:
        raise ValueError(f"{problem}: {error}") from error
    if parts.scheme not in schemes or not parts.netloc or _SPACE_OR_CONTROL.search(value):
        raise ValueError(problem)
    return value


def check_icon(value: str) -> str:
    """The name of an icon, with its set: ``mdi:camera``."""
    prefix, _, name = value.partition(":")
    if not prefix or not name:
        raise ValueError(f'{value!r} is no icon: write "set:name", such as "mdi:camera"')
    return value


def refuse_config(value: object) -> object:
    """The category of an entity that shows something and sets nothing."""
    if value == "config":
        raise ValueError("'config' is for entities that set something; this platform only knows 'diagnostic'")
    return value


def check_encoding(value: str) -> str:
    """A codec that Python knows, or ``""``: payloads stay bytes."""
    try:
        codecs.lookup(value or "utf-8")
    except LookupError as error:
        raise ValueError(f'{value!r} is no text encoding, such as "utf-8" (or "" for raw bytes)') from error
    return value


def check_pattern(value: str) -> str:
    """A regular expression that Python's ``re`` compiles."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    return value


def check_choices(values: Sequence[str]) -> Sequence[str]:
    """A list of things to choose from: at least one, none of them blank, none twice."""
    if not values:
        raise ValueError("at least one is needed, the list is empty")
    if any(not value.strip() for value in values):
        raise ValueError("a blank text cannot be chosen")
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"listed twice: {', '.join(twice)}")
    return values


def entity_id_problem(value: str, domain: str) -> str | None:
    """Why `value` is no entity id of `domain` that Home Assistant takes as it is; ``None`` when it is one."""
    prefix, _, name = value.partition(".")
    if prefix == domain and _ENTITY_NAME.fullmatch(name):
        return None
    return f'{value!r} is no entity id of the form "{domain}.name": a-z, 0-9 and single _ inside the name'


Topic: TypeAlias = Annotated[str, AfterValidator(check_topic)]
"""Home Assistant publishes here (commands)."""
TopicFilter: TypeAlias = Annotated[str, AfterValidator(check_topic_filter)]
"""Home Assistant subscribes here (states, pictures); MQTT's wildcards are allowed."""
Template: TypeAlias = str
"""A Jinja2 template, run by Home Assistant."""
NonEmpty: TypeAlias = Annotated[str, Field(min_length=1)]
"""A text that must not be empty."""
WebUrl: TypeAlias = Annotated[str, AfterValidator(check_web_url)]
ConfigurationUrl: TypeAlias = Annotated[str, AfterValidator(check_configuration_url)]
Icon: TypeAlias = Annotated[str, AfterValidator(check_icon)]
Encoding: TypeAlias = Annotated[str, AfterValidator(check_encoding)]
Pattern: TypeAlias = Annotated[str, AfterValidator(check_pattern)]
Choices: TypeAlias = Annotated[Sequence[str], AfterValidator(check_choices)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
"""A whole number that is not negative: seconds, digits, characters."""
QoS: TypeAlias = Literal[0, 1, 2]
EntityCategory: TypeAlias = Literal["config", "diagnostic"]
ReadingCategory: TypeAlias = Annotated[Literal["diagnostic"], BeforeValidator(refuse_config)]
"""Of platforms that Home Assistant adds no ``config`` entity to."""
AvailabilityMode: TypeAlias = Literal["all", "any", "latest"]
"""``all`` or ``any`` of the topics must say available, or the ``latest`` message of any of them counts."""
