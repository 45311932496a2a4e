"""From the tree to what the models take: unknown keys found, secret files read, paths made whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mqttcam.settings.base import MustExist, Section
from mqttcam.settings.document.nearest import nearest_key
from mqttcam.settings.document.problems import ENVIRONMENT, Problem
from mqttcam.settings.document.shape import TWIN, KeyKind, Shape, item_of, keys_of
from mqttcam.settings.document.tree import Key, Node

_LISTED = 20
MAX_SECRET = 1 << 16
"""Bytes; a certificate's key fits, a mistaken path to something large does not."""


class Filler:
    """Makes plain data of a tree, guided by the models.

    Text is passed as it was written wherever the model wants text, so that `password: 0123` and `node: 12`
    stay text; the model converts the rest, the same for a file and an environment variable.

    Attributes:
        problems: what was found.
        settled: the key paths that have a problem here already; what a model says about them adds nothing.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.settled: set[tuple[Key, ...]] = set()

    def section(self, model: type[Section], node: Node, path: tuple[Key, ...]) -> object:
        """The data for a model; an empty section is one with its defaults."""
        if node.value is None:
            return {}
        if not isinstance(node.value, dict):
            return node.plain()
        keys = keys_of(model)
        data: dict[str, object] = {}
        for key, child in node.value.items():
            here = (*path, key)
            shape = keys.get(key)
            if shape is None:
                self._unknown(here, child, keys)
            elif _is_twin(key, keys):
                secret = key.removesuffix(TWIN)
                if secret in node.value:
                    self._problem(here, child, f"is given beside {secret}", "one of them")
                elif child.value is not None:
                    data[secret] = self._secret(here, child)
            else:
                data[key] = self._value(shape, child, here)
        return data

    def _problem(self, path: tuple[Key, ...], node: Node, message: str, allowed: str | None = None) -> None:
        self.problems.append(node.place.problem(path, message, allowed))
        self.settled.add(path)

    def _unknown(self, path: tuple[Key, ...], node: Node, keys: Mapping[str, Shape]) -> None:
        near = nearest_key(path, keys)
        # Kafka's keys would fill a screen.
        allowed = ", ".join(keys) if len(keys) <= _LISTED else "see config.example.yaml"
        self._problem(path, node, f"unknown key (nearest: {near})" if near else "unknown key", allowed)

    def _value(self, shape: Shape, node: Node, path: tuple[Key, ...]) -> object:
        if shape.is_open:
            return self._open(shape, node, path)
        if node.value is None:
            return None
        if shape.kind is KeyKind.LIST and isinstance(node.value, list):
            item = item_of(shape)
            return [self._value(item, child, (*path, index)) for index, child in enumerate(node.value)]
        if shape.kind is KeyKind.PATH and node.text is not None:
            return self._path(shape, node, path)
        if shape.kind is KeyKind.VALUE and type(node.value) in (int, float):
            return node.value
        return node.plain() if node.text is None else node.text

    def _open(self, shape: Shape, node: Node, path: tuple[Key, ...]) -> object:
        if node.value is None:
            # `tls: null` says that there is none, a bare `tls:` that there is one with its defaults.
            return None if shape.optional and node.text else {}
        if not isinstance(node.value, dict) or shape.kind is KeyKind.FREE:
            return node.plain()
        if shape.kind is KeyKind.SECTIONS:
            return {
                key: self.section(shape.models[0], child, (*path, key)) for key, child in node.value.items()
            }
        return (
            self._choice(shape, node, path)
            if shape.kind is KeyKind.CHOICE
            else self.section(shape.models[0], node, path)
        )

    def _choice(self, shape: Shape, node: Node, path: tuple[Key, ...]) -> object:
        chosen = node.get("type")
        model = shape.variants().get(chosen.text or "") if chosen else None
        if model is None or chosen is None or not isinstance(node.value, dict):
            return node.plain()
        if chosen.place.variable is not None:
            node = Node(_without_others(node.value, model, shape), node.place)
        return self.section(model, node, path)

    def _path(self, shape: Shape, node: Node, path: tuple[Key, ...]) -> Path:
        whole = whole_path(node)
        if not node.text:
            self._problem(path, node, "is empty", "a path")
        elif any(isinstance(mark, MustExist) for mark in shape.marks):
            try:
                with whole.open("rb"):
                    return whole
            except (OSError, ValueError) as error:
                self._problem(path, node, f"the file {whole} cannot be read: {_reason(error)}")
        return whole

    def _secret(self, path: tuple[Key, ...], node: Node) -> str | None:
        if not node.text:
            self._problem(path, node, "is not a path", "the path of a file with the secret in it")
            return None
        try:
            return read_secret(whole_path(node))
        except BadSecret as error:
            self._problem(path, node, str(error))
            return None


class BadSecret(Exception):
    """A file that has no secret for us; the message says why and never repeats what is in it."""


class EmptySecret(BadSecret):
    """There is nothing in it."""


def read_secret(path: Path) -> str:
    """The secret in a file, without what an editor adds at its end.

    Raises:
        BadSecret: it cannot be read, or is no text or too large; `EmptySecret` where nothing is in it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SECRET + 1)
    except (OSError, ValueError) as error:
        raise BadSecret(f"the file {path} cannot be read: {_reason(error)}") from None
    if len(data) > MAX_SECRET:
        raise BadSecret(f"the file {path} is too large")
    try:
        secret = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadSecret(f"the file {path} is not UTF-8 text") from None
    if not secret:
        raise EmptySecret(f"the file {path} is empty")
    return secret


def whole_path(node: Node) -> Path:
    """A path counts from the configuration file's folder; from the environment, from the working one."""
    path = Path(node.text or "")
    with suppress(RuntimeError):  # no such user, no such home: opening it will say so
        path = path.expanduser()
    return path if node.place.file == ENVIRONMENT else Path(node.place.file).parent / path


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _is_twin(key: str, keys: Mapping[str, Shape]) -> bool:
    secret = keys.get(key.removesuffix(TWIN)) if key.endswith(TWIN) else None
    return secret is not None and secret.kind is KeyKind.SECRET


def _without_others(value: Mapping[str, Node], model: type[Section], shape: Shape) -> dict[str, Node]:
    """The keys left when the environment chose the `type`: the file's keys for another type go."""
    own = keys_of(model)
    others: Sequence[str] = [key for other in shape.models for key in keys_of(other)]
    return {k: n for k, n in value.items() if k in own or k not in others or n.place.variable is not None}
