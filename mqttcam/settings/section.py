"""The base class of every section of the configuration, and the annotations that sections are built with."""

from collections.abc import Sequence
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Section(BaseModel):
    """A part of the configuration: frozen, comparable with `==`, no unknown keys, no input in its errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def refuse(message: str, allowed: str | None = None, key: Sequence[str] = ()) -> PydanticCustomError:
    """Return the error for a validator to raise; the loader shows both texts to the user unchanged.

    Args:
        key: the path of the key that is wrong, below the one that is validated.
    """
    return PydanticCustomError(
        "refused", "{message}", {"message": message, "allowed": allowed, "key": tuple(key)}
    )


def plain(secret: SecretStr | None) -> str | None:
    """Return the text of a secret, for immediate use; keep it in no attribute, log or message."""
    return None if secret is None else secret.get_secret_value()


class MustExist:
    """Mark a path whose file must exist when the configuration is loaded (the models do no I/O)."""


def bool_or_section(section: type[Section]) -> BeforeValidator:
    """Let an optional section also be `true`, the section with its defaults, or `false`, None."""

    def normal(raw: object) -> object:
        word = str(raw).strip().lower() if isinstance(raw, str | bool | int) else None
        if word in {"true", "yes", "on", "1"}:
            return {}
        if word in {"false", "no", "off", "0"}:
            return None
        if word is not None:
            keys = ", ".join(field.alias or name for name, field in section.model_fields.items())
            raise refuse("is neither true nor false", f"true, false, or the keys {keys}")
        return raw

    return BeforeValidator(normal, json_schema_input_type=bool | section)


class LazySection:
    """Mark a section that few configurations have: its validator is built when the first one is validated.

    An unused validator costs memory, and time at the start.
    """

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
    """Mark a union of sections that differ in their key `type`; each is a `LazySection`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {
            get_args(section.model_fields["type"].annotation)[0]: handler.generate_schema(
                Annotated[section, LazySection(section)]
            )
            for section in get_args(source)
        }
        return core_schema.tagged_union_schema(choices, discriminator="type")


class AnyCase:
    """Mark a `Literal` whose options may be written in any case, and its numbers as text.

    Args:
        also: other spellings of the options.
    """

    def __init__(self, **also: str | int) -> None:
        self.also = {name.casefold(): value for name, value in also.items()}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        known = self.also | {str(option).casefold(): option for option in get_args(source)}

        def normal(raw: object) -> object:
            return known.get(str(raw).strip().casefold(), raw) if isinstance(raw, str | int | float) else raw

        return core_schema.no_info_before_validator_function(normal, handler(source))
