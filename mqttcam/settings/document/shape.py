"""What the models say about a key path: which keys there are, which are sections, paths, secrets.

What works for every key (environment variables, secret files, nearest known keys) asks here,
so that a new key in a model needs no other line anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from mqttcam.settings.base import Section
from mqttcam.settings.document.tree import Key
from mqttcam.settings.model import Settings

TWIN = "_file"
ANY = "*"
"""Stands for a camera's id, or a control's name, in the paths of `known_keys`."""


class KeyKind(Enum):
    SECTION = "section"
    CHOICE = "one of several sections, by its `type`"
    SECTIONS = "sections under free names"
    FREE = "values under free names"
    LIST = "values one after the other"
    SECRET = "secret"
    PATH = "path"
    TEXT = "text"
    VALUE = "number, switch or word"


_OPEN = (KeyKind.SECTION, KeyKind.CHOICE, KeyKind.SECTIONS, KeyKind.FREE)


class Shape(NamedTuple):
    """What may stand at a key.

    Attributes:
        kind: see `KeyKind`.
        models: the section's model; of a choice, all of them.
        members: the types, with Optional, Annotated and Union taken away.
        marks: every metadata of `Annotated` and `Field`.
        optional: whether None is allowed.
    """

    kind: KeyKind
    models: tuple[type[Section], ...]
    members: tuple[Any, ...]
    marks: tuple[Any, ...] = ()
    optional: bool = False

    @property
    def is_open(self) -> bool:
        """Whether keys stand under it."""
        return self.kind in _OPEN

    def variants(self) -> dict[str, type[Section]]:
        """The models of a choice by their `type`."""
        return {get_args(model.model_fields["type"].annotation)[0]: model for model in self.models}


def shape_of(field: FieldInfo) -> Shape:
    """The shape of a model's field."""
    members, marks = _flatten(field.annotation)
    optional = type(None) in get_args(field.annotation)
    return _shape(members, (*field.metadata, *marks))._replace(optional=optional)


def _shape(members: tuple[Any, ...], marks: tuple[Any, ...]) -> Shape:
    models = tuple(member for member in members if isinstance(member, type) and issubclass(member, Section))
    if len(models) == 1:
        kind = KeyKind.SECTION
    elif models:
        kind = KeyKind.CHOICE
    elif get_origin(members[0]) is dict:
        inner, _ = _flatten(get_args(members[0])[1])
        models = _shape(inner, ()).models
        kind = KeyKind.SECTIONS if models else KeyKind.FREE
    elif get_origin(members[0]) in (list, tuple):
        kind = KeyKind.LIST
    elif SecretStr in members:
        kind = KeyKind.SECRET
    elif Path in members:
        kind = KeyKind.PATH
    else:
        kind = KeyKind.TEXT if members == (str,) else KeyKind.VALUE
    return Shape(kind, models, members, marks)


def _flatten(annotation: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The types of an annotation (None left out) and all its metadata."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *own = get_args(annotation)
        members, marks = _flatten(inner)
        for mark in own:
            marks += tuple(mark.metadata) if isinstance(mark, FieldInfo) else (mark,)
        return members, marks
    if origin is Union or origin is UnionType:
        parts = [_flatten(part) for part in get_args(annotation) if part is not type(None)]
        return tuple(m for members, _ in parts for m in members), tuple(
            m for _, marks in parts for m in marks
        )
    return (annotation,), ()


def keys_of(model: type[Section]) -> dict[str, Shape]:
    """Every key of a section, the `_file` twins of its secrets included (they are paths)."""
    keys = {name: shape_of(field) for name, field in model.model_fields.items()}
    twins = {
        name + TWIN: Shape(KeyKind.PATH, (), (Path,))
        for name, shape in keys.items()
        if shape.kind is KeyKind.SECRET
    }
    return keys | twins


def item_of(shape: Shape) -> Shape:
    """The shape of a list's items."""
    return _shape(*_flatten(get_args(shape.members[0])[0]))


def step(shape: Shape, key: Key) -> Shape | None:
    """The shape under a key; None for a key that is not known. Of a choice, any variant's key is known."""
    if shape.kind in (KeyKind.SECTION, KeyKind.CHOICE):
        found = [keys[str(key)] for keys in map(keys_of, shape.models) if key in keys]
        models = dict.fromkeys(model for one in found for model in one.models)
        return found[0]._replace(models=tuple(models)) if found else None
    if shape.kind is KeyKind.SECTIONS:
        return section_shape(shape.models[0])
    if shape.kind is KeyKind.LIST:
        return item_of(shape) if isinstance(key, int) else None
    return Shape(KeyKind.VALUE, (), (object,)) if shape.kind is KeyKind.FREE else None


def section_shape(model: type[Section]) -> Shape:
    """The shape of a section of that model."""
    return Shape(KeyKind.SECTION, (model,), (model,))


ROOT = section_shape(Settings)


def known_keys(shape: Shape = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Every key path, sections included; a path may come more than once (variants of a choice)."""
    if shape.kind in (KeyKind.SECTIONS, KeyKind.FREE):
        below = step(shape, ANY)
        if below is not None and below.is_open:
            yield from known_keys(below, (*path, ANY))
        return
    for model in shape.models:
        for name, inner in keys_of(model).items():
            yield (*path, name), inner
            yield from known_keys(inner, (*path, name))


def literals(members: Sequence[Any]) -> list[object]:
    """The options of a `Literal` among `members`."""
    return [option for member in members if get_origin(member) is Literal for option in get_args(member)]


def limits(marks: Sequence[Any]) -> Mapping[str, Any]:
    """The constraints among `marks`: `ge`, `le`, `min_length`, `max_length`, `pattern`."""
    names = ("ge", "le", "min_length", "max_length", "pattern")
    return {
        name: value for mark in marks for name in names if (value := getattr(mark, name, None)) is not None
    }
