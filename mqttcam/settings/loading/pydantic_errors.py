"""Turn pydantic's errors into problems; what is allowed follows from the models. No secret is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mqttcam.settings.document.config_file import FULL_WIDTH_COLON
from mqttcam.settings.document.key_schema import (
    FILE_SUFFIX,
    LISTED,
    ROOT,
    KeyKind,
    KeySchema,
    child_schema,
    keys_of,
    limits,
    literals,
    section_schema,
)
from mqttcam.settings.document.nearest import nearest
from mqttcam.settings.document.other_names import source_type
from mqttcam.settings.document.problems import MAX_PROBLEMS, Problem
from mqttcam.settings.document.tree import Key, Origin, TreeNode
from mqttcam.settings.field_types import SLUG
from mqttcam.text import shorten, slug

KEY = "[key]"
"""The last part of pydantic's location if the error is about a mapping's key, not its value."""

_WORDS = {
    "missing": "is missing",
    "string_too_long": "is too long",
    "string_unicode": "has an invalid character",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is out of range",
    "int_from_float": "is not a whole number",
    "int_type": "is not a whole number",
    "float_parsing": "is not a number",
    "float_type": "is not a number",
    "finite_number": "is not a number",
    "string_type": "is not text",
    "path_type": "is not a path",
    "greater_than_equal": "is out of range",
    "less_than_equal": "is out of range",
    "literal_error": "is not known",
    "model_type": "is not a section",
    "model_attributes_type": "is not a section",
    "dict_type": "is not a section",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "union_tag_not_found": "has no `type`",
}
_IN_WORDS = ("refused", "too_long")
"""Kinds of errors whose message says what is wrong without the value."""


def explained(
    error: ValidationError, root: TreeNode, reported: set[tuple[Key, ...]], schema: KeySchema = ROOT
) -> list[Problem]:
    """Return one problem per key path, without the paths already in `reported`."""
    problems: dict[tuple[Key, ...], Problem] = {}
    for detail in error.errors(include_url=False, include_input=False):
        path, problem = problem_of(detail, root, schema)
        twin = (*path[:-1], f"{path[-1]}{FILE_SUFFIX}")
        if not {path, twin} & reported and not _follows_from(detail, path, reported):
            problems.setdefault(path, problem)
        if len(problems) > MAX_PROBLEMS:
            break
    return list(problems.values())


def _follows_from(error: ErrorDetails, path: tuple[Key, ...], reported: set[tuple[Key, ...]]) -> bool:
    """Return whether a problem of a section as a whole follows from one of its keys that has another name."""
    return error["type"] == "refused" and any(other[:-1] == path for other in reported)


def problem_of(
    error: ErrorDetails, root: TreeNode, schema: KeySchema = ROOT
) -> tuple[tuple[Key, ...], Problem]:
    """Return the key path of a model's error, and the problem."""
    location = (*error["loc"], *error.get("ctx", {}).get("key", ()))
    path, schema, is_key = _locate(location, schema)
    node, origin = find(root, path)
    if is_key:
        message, allowed = _about_key(error, str(path[-1]))
    elif node is not None and node.value is None and error["type"] != "refused":
        message, allowed = "has no value", allowed_at(schema)
    elif node is not None and (near := _mistaken_section(node, schema, path)):
        message, allowed = near
    else:
        message, allowed = _about_value(error, schema, node)
        # Text, and a value in place of a section, may contain a secret: only other values are repeated.
        repeated = schema.kind is KeyKind.VALUE or (not schema.has_keys and error["type"] not in _IN_WORDS)
        if node is not None and repeated and (schema.kind is KeyKind.VALUE or node.text is None):
            message = f"{_shown(node)} {message}"
    return path, origin.problem(path, message, allowed)


def _locate(location: Sequence[Key], schema: KeySchema) -> tuple[tuple[Key, ...], KeySchema, bool]:
    """Return pydantic's location as the key path that the user wrote, without the variants of a union."""
    path: list[Key] = []
    for part in location:
        if part == KEY:
            return tuple(path), schema, True
        if schema.kind is KeyKind.CHOICE and (variant := schema.variants().get(str(part))):
            schema = section_schema(variant)
            continue
        below = child_schema(schema, part)
        if below is None:
            break
        path.append(part)
        schema = below
    return tuple(path), schema, False


def find(root: TreeNode, path: Sequence[Key]) -> tuple[TreeNode | None, Origin]:
    """Return the node at a path and its origin; for a missing node, None and the origin that it would have."""
    node: TreeNode | None = root
    origin = root.origin
    for key in path:
        below = node.get(key) if node else None
        if below is None and node is not None and (secret_file := node.get(f"{key}{FILE_SUFFIX}")):
            return None, secret_file.origin
        origin = below.origin if below else origin.child(key)
        node = below
    return node, origin


def _about_key(error: ErrorDetails, key: str) -> tuple[str, str | None]:
    if error["type"] == "refused":
        context = error["ctx"]
        return context["message"], context["allowed"]
    return "is not an id", _slug_allowed(key)


def _about_value(error: ErrorDetails, schema: KeySchema, node: TreeNode | None) -> tuple[str, str | None]:
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "refused":
        return context["message"], context["allowed"]
    if kind == "too_long":
        return "has too many entries", f"at most {context['max_length']}"
    if kind == "string_too_short":
        return "is empty", allowed_at(schema)
    if kind == "string_pattern_mismatch" and context.get("pattern") == SLUG:
        return "has characters that are not allowed in topics", _slug_allowed((node and node.text) or "")
    if kind == "union_tag_invalid":
        word = str(context["tag"]).strip().lower()
        near = source_type(word) or nearest(word, schema.variants())
        kinds = ", ".join(schema.variants())
        return f"`type: {shorten(str(context['tag']))}` is not known" + (
            f" (did you mean {near}?)" if near else ""
        ), kinds
    return _WORDS.get(kind, "is not accepted"), allowed_at(schema)


def _mistaken_section(
    node: TreeNode, schema: KeySchema, path: tuple[Key, ...]
) -> tuple[str, str | None] | None:
    """Explain a list or a single value in place of a section. The value may be a secret, and is not repeated."""
    if not schema.has_keys or isinstance(node.value, dict):
        return None
    if isinstance(node.value, list):
        if schema.kind is KeyKind.SECTIONS:
            return "is a list", "an id and a colon for each, such as `front:`, in place of the `-`"
        return "is a list", f"{allowed_at(schema)}, without `-`"
    text = node.text or ""
    if FULL_WIDTH_COLON in text:
        return "has a full-width colon", "`: `"
    key, colon, _ = text.partition(":")
    if colon and schema.kind is not KeyKind.FREE and child_schema(schema, key):
        return f"no space after `{key}:`", f"`{key}: …`"
    if meant := _meant_section(node.value, text, schema):
        key = f"{path[-1]}: " if path else ""
        return f"is not a section (did you mean `{key}{meant}`?)", allowed_at(schema)
    return None


def _meant_section(value: object, text: str, schema: KeySchema) -> str | None:
    """Return the section that a single value in its place probably stands for, without the value itself."""
    if schema.kind is KeyKind.CHOICE:
        return _meant_source(text, schema)
    if schema.kind is not KeyKind.SECTION:
        return None
    keys = keys_of(schema.models[0])
    word = text.strip().lower()
    if word in ("true", "yes", "on", "false", "no", "off"):
        enabled = "true" if word in ("true", "yes", "on") else "false"
        return f"{{enabled: {enabled}}}" if "enabled" in keys else None
    if "source" in keys:
        return f"{{source: {_meant_source(text, child_schema(schema, 'source') or schema) or '{type: …}'}}}"
    numeric = isinstance(value, int | float)
    main = ("port", "fps") if numeric else ("host", "brokers", "level", "password_hash", "token")
    return next((f"{{{key}: …}}" for key in main if key in keys), None)


def _meant_source(text: str, schema: KeySchema) -> str | None:
    word = text.strip().lower()
    if "://" in word:
        return "{type: url, url: …}"
    if word.startswith("/dev/") or word.isdecimal():
        return "{type: v4l2, device: …}"
    if "/" in word:
        return "{type: file, path: …}"
    kind = word if word in schema.variants() else source_type(word)
    return f"{{type: {kind}}}" if kind else None


def _slug_allowed(text: str) -> str:
    like = slug(text)
    return "a-z, 0-9, _ and -, at most 64" + (f", such as {like}" if like else "")


def _shown(node: TreeNode) -> str:
    if node.text is None:
        return "a list" if isinstance(node.value, list) else "a section"
    return shorten(node.text) if isinstance(node.value, int | float) else f"'{shorten(node.text)}'"


def allowed_at(schema: KeySchema) -> str | None:
    """Describe the values that a key takes, by its types and their constraints."""
    if schema.kind is KeyKind.CHOICE:
        return "a section with the `type` " + _either(list(schema.variants()))
    if schema.kind is KeyKind.SECTION:
        keys = keys_of(schema.models[0])
        return "the keys " + ", ".join(keys) if len(keys) <= LISTED else "the keys in config.example.yaml"
    if schema.has_keys:
        return "a section for each id" if schema.kind is KeyKind.SECTIONS else "a value for each name"
    if schema.kind is KeyKind.LIST:
        return "a list, such as [a, b]"
    if options := literals(schema.types):
        return _either(options)
    return _simple(schema)


def _simple(schema: KeySchema) -> str | None:
    limit = limits(schema.metadata)
    if schema.kind is KeyKind.PATH:
        return "a path"
    if bool in schema.types:
        return "true or false"
    if str in schema.types or schema.kind is KeyKind.SECRET:
        words = "a whole number or text" if int in schema.types else "text"
        return f"{words} of at most {limit['max_length']} characters" if "max_length" in limit else words
    if int in schema.types or float in schema.types:
        number = "a whole number" if int in schema.types else "a number"
        return f"{number} from {_bare(limit['ge'])} to {_bare(limit['le'])}" if "ge" in limit else number
    return None


def _bare(limit: float) -> float:
    return int(limit) if limit == int(limit) else limit


def _either(options: Sequence[Any]) -> str:
    *most, last = map(str, options)
    return f"{', '.join(most)} or {last}" if most else last
