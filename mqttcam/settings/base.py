"""What every section of the configuration shares: rules, refusals in plain words, small types."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

SLUG = r"^[a-z0-9_-]+$"
MAX_SLUG = 64
NOT_SLUG = re.compile(r"[^a-z0-9_-]+")
MAX_TOPIC = 200


class Section(BaseModel):
    """A part of the configuration: frozen, comparable with `==`, no unknown keys, no input in its errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def refuse(message: str, allowed: str | None = None) -> PydanticCustomError:
    """The error that a validator raises; the loader shows both texts to the user as they are."""
    return PydanticCustomError("refused", "{message}", {"message": message, "allowed": allowed})


def plain(secret: SecretStr | None) -> str | None:
    """The text of a secret, for the one place that sends it; keep it in no attribute, log or message."""
    return None if secret is None else secret.get_secret_value()


def slug(text: str) -> str:
    """`text` as a slug: lower case, everything but letters, digits, `_` and `-` as one `-`; may be empty."""
    return NOT_SLUG.sub("-", text.lower()).strip("-")[:MAX_SLUG]


class MustExist:
    """Marks a path whose file has to be there when the configuration is loaded (the models do no I/O)."""


def switch_or(section: type[Section]) -> BeforeValidator:
    """For an optional section: `true` is one with its defaults, `false` is none."""

    def normal(raw: object) -> object:
        word = str(raw).strip().lower() if isinstance(raw, str | bool | int) else None
        if word in {"true", "yes", "on", "1"}:
            return {}
        if word in {"false", "no", "off", "0"}:
            return None
        if word is not None:
            raise refuse(
                "is neither true nor false", f"true, false, or the keys {', '.join(section.model_fields)}"
            )
        return raw

    return BeforeValidator(normal, json_schema_input_type=bool | section)


class WhenGiven:
    """Marks a section that few configurations have: its validator is built when the first one is given."""

    def __init__(self, section: type[Section]) -> None:
        self._section = section

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._section.model_validate)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        self._section.model_rebuild()
        # As a definition, so that the JSON Schema has it among its `$defs`.
        return handler(core_schema.definitions_schema(self._section.__pydantic_core_schema__, []))


class ByType:
    """Marks a choice of sections that their `type` tells apart; of each the validator is built when it is given."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {
            get_args(section.model_fields["type"].annotation)[0]: handler.generate_schema(
                Annotated[section, WhenGiven(section)]
            )
            for section in get_args(source)
        }
        return core_schema.tagged_union_schema(choices, discriminator="type")


class OneOf:
    """Marks a `Literal`: any case and the text form of a number are taken, other spellings by `also`."""

    def __init__(self, **also: str | int) -> None:
        self.also = {name.casefold(): value for name, value in also.items()}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        known = self.also | {str(option).casefold(): option for option in get_args(source)}

        def normal(raw: object) -> object:
            return known.get(str(raw).strip().casefold(), raw) if isinstance(raw, str | int | float) else raw

        return core_schema.no_info_before_validator_function(normal, handler(source))


def _host(text: str) -> str:
    name, _, port = text.rpartition(":")
    if "://" in text or "@" in text or "/" in text:
        raise refuse("is an address with more than a host", "a host name or IP address alone")
    if name and ":" not in name and port.isdecimal():
        raise refuse("has a port in it", f"the host alone, and `port: {port}` as a key of its own")
    if not text or not text.isprintable() or " " in text:
        raise refuse("is not a host name", "a host name or IP address")
    return text


def _topic(text: str) -> str:
    if not text.isprintable() or any(character in text for character in "+#"):
        raise refuse("has a character that a topic cannot have", "no +, # or control characters")
    if not all(text.split("/")) or text.startswith("$"):
        raise refuse(
            "is not a topic to publish under", "words joined by single /, the first not starting with $"
        )
    return text


Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=MAX_SLUG)]
Host = Annotated[str, AfterValidator(_host)]
Topic = Annotated[str, StringConstraints(max_length=MAX_TOPIC), AfterValidator(_topic)]
Port = Annotated[int, Field(ge=1, le=65535)]
ListenPort = Annotated[int, Field(ge=0, le=65535)]
Network = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(ip_network),
    WithJsonSchema({"type": "string", "format": "ipvanynetwork"}),
]
"""An address or network, such as 192.168.1.0/24."""
