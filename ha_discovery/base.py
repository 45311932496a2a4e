"""The base class of all models: validation, and conversion to JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from .abbreviations import KEYS

_MAX_EXACT: Final = 2**53
"""The largest float below which every whole number is exact, in any JSON reader."""


class Model(BaseModel):
    """A part of a discovery payload. Immutable; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,  # most programs use few of the platforms
        allow_inf_nan=False,
        protected_namespaces=(),  # pydantic before 2.10 warns about a field named model_id
    )

    short_names: ClassVar[Mapping[str, str]] = KEYS
    nullable: ClassVar[tuple[str, ...]] = ()
    """Keys for which ``null`` and a missing key differ."""
    always_sent_if_set: ClassVar[frozenset[str]] = frozenset()
    """Keys that are sent if they were set, even to Home Assistant's default."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object for Home Assistant, with short names and without its defaults.

        Keys that are None are omitted, except `nullable` ones that were set to None.
        """
        return {self.short_names.get(key, key): _to_json(value) for key, value in self._sent()}

    def _sent(self) -> Iterator[tuple[str, Any]]:
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            was_set = key in self.model_fields_set
            if value is None:
                if was_set and key in self.nullable:
                    yield key, value
            elif value != field.default or (was_set and key in self.always_sent_if_set):
                yield key, value


def _to_json(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_json(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_EXACT:
        return int(value)
    return value
