"""Annotated types with the checks that Home Assistant makes of strings and numbers. The checks raise ValueError.

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
    """Check an object id, node id or component key (``discovery.TOPIC_MATCHER``)."""
    if not _ID.fullmatch(value):
        raise ValueError(f"{value!r} is not a valid id: only A-Z, a-z, 0-9, _ and - are allowed")
    return value


def check_topic(value: str) -> str:
    """Check a topic to publish to: no wildcards, no control characters, 1 to 65535 bytes of UTF-8."""
    if "+" in value or "#" in value:
        raise ValueError(f"{value!r} is a topic to publish to: the wildcards + and # are not allowed")
    return _check_characters(value)


def check_topic_filter(value: str) -> str:
    """Check a topic to subscribe to: ``+`` must be a whole level, ``#`` the whole last level."""
    levels = value.split("/")
    for index, level in enumerate(levels):
        if ("+" in level and level != "+") or ("#" in level and (level != "#" or index + 1 < len(levels))):
            raise ValueError(
                f"{value!r} is not a topic filter: + must be a whole level, # the whole last level"
            )
    return _check_characters(value)


def _check_characters(topic: str) -> str:
    if not topic:
        raise ValueError("a topic must not be empty")
    if len(topic.encode()) > MAX_TOPIC_BYTES:
        raise ValueError(f"a topic must have at most {MAX_TOPIC_BYTES} bytes")
    if found := _NOT_IN_TOPICS.search(topic):
        raise ValueError(f"{topic!r} has a character that is not allowed in topics: {found[0]!r}")
    return topic


def check_web_url(value: str) -> str:
    """Check an absolute ``http`` or ``https`` URL."""
    return _check_url(value, ("http", "https"))


def check_configuration_url(value: str) -> str:
    """Check an absolute ``http``, ``https`` or ``homeassistant`` URL."""
    return _check_url(value, ("http", "https", "homeassistant"))


def _check_url(value: str, schemes: tuple[str, ...]) -> str:
    problem = (
        f"{value!r} is not a URL such as {schemes[0]}://host/path (allowed schemes: {', '.join(schemes)})"
    )
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError if it is not a number, or too large
    except ValueError as error:
        raise ValueError(f"{problem}: {error}") from error
    if parts.scheme not in schemes or not parts.netloc or _SPACE_OR_CONTROL.search(value):
        raise ValueError(problem)
    return value


def check_icon(value: str) -> str:
    """Check the name of an icon with its set: ``mdi:camera``."""
    prefix, _, name = value.partition(":")
    if not prefix or not name:
        raise ValueError(f'{value!r} is not an icon of the form "set:name", such as "mdi:camera"')
    return value


def check_diagnostic(value: object) -> object:
    """Check that a category is not ``config``, with a better reason than Literal gives."""
    if value == "config":
        raise ValueError(
            "'config' is only allowed for entities that take commands; allowed here: 'diagnostic'"
        )
    return value


def check_encoding(value: str) -> str:
    """Check the name of an encoding in Python, or ``""`` for bytes."""
    try:
        codecs.lookup(value or "utf-8")
    except LookupError as error:
        raise ValueError(f'{value!r} is not an encoding such as "utf-8", nor "" for raw bytes') from error
    return value


def check_pattern(value: str) -> str:
    """Check a regular expression of Python's ``re``."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from error
    return value


def check_choices(values: Sequence[str]) -> Sequence[str]:
    """Check a list of choices: at least one, none blank, all different."""
    if not values:
        raise ValueError("at least one value is required")
    if any(not value.strip() for value in values):
        raise ValueError("blank values are not allowed")
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"the values must be different, listed twice: {', '.join(twice)}")
    return values


def check_entity_id(value: str, domain: str) -> None:
    """Check that Home Assistant would use `value` unchanged as the id of an entity of `domain`."""
    prefix, _, name = value.partition(".")
    if prefix != domain or not _ENTITY_NAME.fullmatch(name):
        raise ValueError(
            f'default_entity_id {value!r} is not of the form "{domain}.name":'
            " only a-z, 0-9 and single _ inside the name are allowed"
        )


Topic: TypeAlias = Annotated[str, AfterValidator(check_topic)]
"""A topic that Home Assistant publishes to (commands)."""
TopicFilter: TypeAlias = Annotated[str, AfterValidator(check_topic_filter)]
"""A topic that Home Assistant subscribes to (states, pictures); wildcards are allowed."""
Template: TypeAlias = str
"""A Jinja2 template, run by Home Assistant."""
NonEmpty: TypeAlias = Annotated[str, Field(min_length=1)]
"""A string that must not be empty."""
WebUrl: TypeAlias = Annotated[str, AfterValidator(check_web_url)]
ConfigurationUrl: TypeAlias = Annotated[str, AfterValidator(check_configuration_url)]
Icon: TypeAlias = Annotated[str, AfterValidator(check_icon)]
Encoding: TypeAlias = Annotated[str, AfterValidator(check_encoding)]
Pattern: TypeAlias = Annotated[str, AfterValidator(check_pattern)]
Choices: TypeAlias = Annotated[Sequence[str], AfterValidator(check_choices)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
"""A whole number from 0: seconds, digits, characters."""
QoS: TypeAlias = Literal[0, 1, 2]
EntityCategory: TypeAlias = Literal["config", "diagnostic"]
DiagnosticCategory: TypeAlias = Annotated[Literal["diagnostic"], BeforeValidator(check_diagnostic)]
"""The category of platforms for which Home Assistant refuses ``config``."""
AvailabilityMode: TypeAlias = Literal["all", "any", "latest"]
"""Available if ``all`` topics say so, if ``any`` does, or if the ``latest`` message on any of them does."""
