"""What all models share: how they are checked, and how they become payloads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from .abbreviations import KEYS

MAX_EXACT: Final = 2**53
"""Up to here a float holds every whole number, and every JSON reader takes it as one."""


class Model(BaseModel):
    """A part of a discovery payload: immutable, without unknown keys, built at its first use."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        defer_build=True,
        allow_inf_nan=False,
        protected_namespaces=(),  # pydantic before 2.10 warns of a field named model_id
    )

    short_names: ClassVar[Mapping[str, str]] = KEYS
    nullable: ClassVar[tuple[str, ...]] = ()
    """Keys for which ``null`` means something else than a missing key."""
    kept: ClassVar[frozenset[str]] = frozenset()
    """Keys that go out when they were set, even with Home Assistant's default."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object for Home Assistant: short names, and only what differs from its defaults.

        ``None`` means "not there"; only a `nullable` key that was set to ``None`` stays, as ``null``.
        """
        return {self.short_names.get(key, key): _plain(value) for key, value in self._differing()}

    def _differing(self) -> Iterator[tuple[str, Any]]:
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            given = key in self.model_fields_set
            if value is None:
                if given and key in self.nullable:
                    yield key, value
            elif value != field.default or (given and key in self.kept):
                yield key, value


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return int(value)
    return value
