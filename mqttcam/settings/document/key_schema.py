"""The schema of the configuration's keys, read from the models: which are sections, paths, secrets.

Environment variables, secret files and suggestions work for every key by this schema, so that a new key in
a model needs no other line anywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from mqttcam.settings.document.tree import Key
from mqttcam.settings.section import Section
from mqttcam.settings.settings import Settings

FILE_SUFFIX = "_file"
LISTED = 24
"""Keys of a section that a problem lists; Kafka has more than fit on a screen."""
ANY_NAME = "*"
"""Stands for a user-defined name, such as a camera's id, in the paths of `known_keys`."""


class KeyKind(Enum):
    """What the value of a key is."""

    SECTION = "section"
    CHOICE = "one of several sections, by its `type`"
    SECTIONS = "sections under user-defined names"
    FREE = "values under user-defined names"
    LIST = "list of values"
    SECRET = "secret"
    PATH = "path"
    TEXT = "text"
    VALUE = "number, switch or word"


_WITH_KEYS = (KeyKind.SECTION, KeyKind.CHOICE, KeyKind.SECTIONS, KeyKind.FREE)


class KeySchema(NamedTuple):
    """The values that a key takes.

    Attributes:
        kind: what the value is.
        models: the model of the section, or all models of a choice.
        types: the members of the annotation, without Optional, Annotated and Union.
        metadata: all metadata of `Annotated` and `Field`.
        optional: whether None is allowed.
    """

    kind: KeyKind
    models: tuple[type[Section], ...]
    types: tuple[Any, ...]
    metadata: tuple[Any, ...] = ()
    optional: bool = False

    @property
    def has_keys(self) -> bool:
        """Whether the value has keys of its own."""
        return self.kind in _WITH_KEYS

    def variants(self) -> dict[str, type[Section]]:
        """Return the models of a choice by their `type`."""
        return {get_args(model.model_fields["type"].annotation)[0]: model for model in self.models}


def schema_of(field: FieldInfo) -> KeySchema:
    """Return the schema of a model's field."""
    types, metadata = _flatten(field.annotation)
    optional = type(None) in get_args(field.annotation)
    return _schema(types, (*field.metadata, *metadata))._replace(optional=optional)


def _schema(types: tuple[Any, ...], metadata: tuple[Any, ...]) -> KeySchema:
    models = tuple(member for member in types if isinstance(member, type) and issubclass(member, Section))
    if len(models) == 1:
        kind = KeyKind.SECTION
    elif models:
        kind = KeyKind.CHOICE
    elif get_origin(types[0]) is dict:
        inner, _ = _flatten(get_args(types[0])[1])
        models = _schema(inner, ()).models
        kind = KeyKind.SECTIONS if models else KeyKind.FREE
    elif get_origin(types[0]) in (list, tuple):
        kind = KeyKind.LIST
    elif SecretStr in types:
        kind = KeyKind.SECRET
    elif Path in types:
        kind = KeyKind.PATH
    else:
        kind = KeyKind.TEXT if types == (str,) else KeyKind.VALUE
    return KeySchema(kind, models, types, metadata)


def _flatten(annotation: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the types of an annotation, without None, and all its metadata."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *own = get_args(annotation)
        types, metadata = _flatten(inner)
        for mark in own:
            metadata += tuple(mark.metadata) if isinstance(mark, FieldInfo) else (mark,)
        return types, metadata
    if origin is Union or origin is UnionType:
        parts = [_flatten(part) for part in get_args(annotation) if part is not type(None)]
        return tuple(m for types, _ in parts for m in types), tuple(
            m for _, metadata in parts for m in metadata
        )
    return (annotation,), ()


@cache
def keys_of(model: type[Section]) -> Mapping[str, KeySchema]:
    """Return every key of a section, including the `_file` keys of its secrets, which are paths."""
    keys = {field.alias or name: schema_of(field) for name, field in model.model_fields.items()}
    secret_files = {
        name + FILE_SUFFIX: KeySchema(KeyKind.PATH, (), (Path,))
        for name, schema in keys.items()
        if schema.kind is KeyKind.SECRET
    }
    return MappingProxyType(keys | secret_files)


def item_schema(schema: KeySchema) -> KeySchema:
    """Return the schema of a list's items."""
    return _schema(*_flatten(get_args(schema.types[0])[0]))


def child_schema(schema: KeySchema, key: Key) -> KeySchema | None:
    """Return the schema under a key, or None for an unknown key. A choice has the keys of all its variants."""
    if schema.kind in (KeyKind.SECTION, KeyKind.CHOICE):
        found = [keys[str(key)] for keys in map(keys_of, schema.models) if key in keys]
        models = dict.fromkeys(model for one in found for model in one.models)
        return found[0]._replace(models=tuple(models)) if found else None
    if schema.kind is KeyKind.SECTIONS:
        return section_schema(schema.models[0])
    if schema.kind is KeyKind.LIST:
        return item_schema(schema) if isinstance(key, int) else None
    return KeySchema(KeyKind.VALUE, (), (object,)) if schema.kind is KeyKind.FREE else None


def section_schema(model: type[Section]) -> KeySchema:
    """Return the schema of a section of that model."""
    return KeySchema(KeyKind.SECTION, (model,), (model,))


ROOT = section_schema(Settings)


def known_keys(
    schema: KeySchema = ROOT, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], KeySchema]]:
    """Yield every key path, including sections; variants of a choice may repeat a path."""
    if schema.kind in (KeyKind.SECTIONS, KeyKind.FREE):
        below = child_schema(schema, ANY_NAME)
        if below is not None and below.has_keys:
            yield from known_keys(below, (*path, ANY_NAME))
        return
    for model in schema.models:
        for name, inner in keys_of(model).items():
            yield (*path, name), inner
            yield from known_keys(inner, (*path, name))


def literals(types: Sequence[Any]) -> list[object]:
    """Return the options of a `Literal` among `types`."""
    return [option for member in types if get_origin(member) is Literal for option in get_args(member)]


def limits(metadata: Sequence[Any]) -> Mapping[str, Any]:
    """Return the constraints among `metadata`: `ge`, `le`, `min_length`, `max_length`, `pattern`."""
    names = ("ge", "le", "min_length", "max_length", "pattern")
    return {
        name: value for mark in metadata for name in names if (value := getattr(mark, name, None)) is not None
    }
