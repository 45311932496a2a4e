"""The reference of all settings, made from the JSON Schema that `mqttcam schema` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.docs.markdown import anchor, table

Schema = dict[str, Any]
_TWIN = "_file"


class Reference:
    """Walks the schema from the top; each section gets a heading and a table where it is met first."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: dict[str, Schema] = schema["$defs"]
        self._root = schema
        self._headings: dict[str, str] = {}
        self._parts: list[str] = []

    def text(self) -> str:
        """All of it."""
        self._section("Top level", "", self._root)
        return "\n".join(self._parts).rstrip("\n") + "\n"

    def _section(self, heading: str, path: str, section: Schema) -> None:
        properties: dict[str, Schema] = section["properties"]
        place = len(self._parts)
        below: list[tuple[str, str, Schema]] = []
        rows = []
        for key, schema in properties.items():
            if not (key.endswith(_TWIN) and key.removesuffix(_TWIN) in properties):
                required = key in section.get("required", ()) or _is_needed_secret(key, section)
                rows.append(self._row(key, schema, path, properties, required=required, below=below))
        intro = "" if path == "" else f"{section.get('description', '').strip()}\n\n"
        text = f"### {heading}\n\n{intro}{table(('Key', 'Default', 'Allowed', 'Description'), rows)}"
        for lower in below:
            self._section(*lower)
        self._parts.insert(place, text)

    def _row(
        self,
        key: str,
        schema: Schema,
        path: str,
        siblings: dict[str, Schema],
        *,
        required: bool,
        below: list[tuple[str, str, Schema]],
    ) -> tuple[str, str, str, str]:
        allowed = []
        for option in _options(schema):
            if "$ref" in option:
                allowed.append(self._see(key, option, path, siblings, below))
            elif "$ref" in option.get("items", ()):
                of = self._see(key, {**option["items"], "listed": True}, path, siblings, below)
                allowed.append(f"list of {of}")
            elif text := _allowed(option):
                allowed.append(text)
        if _is_secret(schema):
            allowed = [f"text; or `{key}{_TWIN}`"]
        default = schema.get("default")
        shown = "required" if required else "" if default in (None, [], "") else f"`{_yaml(default)}`"
        return f"`{key}`", shown, ", ".join(dict.fromkeys(allowed)), schema.get("description", "")

    def _see(
        self,
        key: str,
        option: Schema,
        path: str,
        siblings: dict[str, Schema],
        below: list[tuple[str, str, Schema]],
    ) -> str:
        """A link to the section's own table, which is to come if it is not there yet."""
        name = option["$ref"].rpartition("/")[2]
        section = self._definitions[name]
        own = f"{path}{key}"
        if option.get("named"):
            own += ".<name>" if key != "cameras" else ".<id>"
        if option.get("listed"):
            own += "[]"
        if all(siblings.get(name) == one for name, one in section["properties"].items()):
            return "a section with the keys of this one"
        kind = section["properties"].get("type", {}).get("const")
        if name not in self._headings:
            heading = f"`{own}`" + (f", type `{kind}`" if kind and key == "source" else "")
            self._headings[name] = heading
            below.append((heading, f"{own}.", section))
        label = f"type `{kind}`" if kind and key == "source" else "section"
        return f"[{label}](#{anchor(self._headings[name])})"


def _options(schema: Schema) -> Iterator[Schema]:
    """The alternatives of a schema, `null` left out."""
    for word in ("anyOf", "oneOf"):
        if word in schema:
            if "examples" in schema:
                yield schema
                return
            for option in schema[word]:
                yield from _options(option)
            return
    if "patternProperties" in schema:
        yield from ({**option, "named": True} for option in schema["patternProperties"].values())
    elif schema.get("type") != "null":
        yield schema


def _allowed(schema: Schema) -> str:
    if "examples" in schema:
        return "such as " + ", ".join(f"`{example}`" for example in schema["examples"])
    if "const" in schema:
        return f"`{_yaml(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{_yaml(value)}`" for value in schema["enum"])
    match schema.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "integer" | "number":
            return _range(schema)
        case "array":
            return "list"
        case "object":
            return "section"
        case "string" if schema.get("format") == "path":
            return "path"
        case _:
            return "text"


def _range(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        return "number"
    return f"{_digits(low)} or more" if high is None else f"{_digits(low)} to {_digits(high)}"


def _digits(number: float) -> str:
    return f"{number:.5f}".rstrip("0").rstrip(".")


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_secret(schema: Schema) -> bool:
    return any(option.get("writeOnly") for option in _options(schema))


def _is_needed_secret(key: str, section: Schema) -> bool:
    """A secret that is needed may also come as a file, so it is not in `required`."""
    return any({"required": [key]} in rule.get("anyOf", ()) for rule in section.get("allOf", ()))
