"""The configuration file's JSON Schema, for editors and for `mqttcam schema`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mqttcam.settings.document.key_schema import FILE_SUFFIX
from mqttcam.settings.section import Section
from mqttcam.settings.settings import Settings


def json_schema(model: type[Section] = Settings) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the file: keys, defaults, limits, descriptions.

    It has a `_file` key for each secret. Values are described in their normal form only; `load` also
    accepts `level: info` or `port: "1883"`.
    """
    schema = model.model_json_schema()
    sections = (schema, *schema.get("$defs", {}).values())
    for name in _variants(sections):
        _require_type(schema["$defs"][name])
    for section in sections:
        _add_secret_files(section)
        _allow_empty(section)
    texts = {"title": "mqttcam", "description": "The configuration file of mqttcam."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, **texts}


def _add_secret_files(section: dict[str, Any]) -> None:
    properties = section.get("properties", {})
    secrets = [name for name, schema in properties.items() if _is_secret(schema)]
    for name in secrets:
        properties[name + FILE_SUFFIX] = {
            "description": f"A file that contains `{name}`, instead of `{name}`.",
            "type": "string",
            "format": "path",
        }
        both = {"required": [name, name + FILE_SUFFIX]}
        rules = section.setdefault("allOf", [])
        if name in section.get("required", ()):
            section["required"].remove(name)
            rules.append({"anyOf": [{"required": [name]}, {"required": [name + FILE_SUFFIX]}], "not": both})
        else:
            rules.append({"not": both})


def _allow_empty(section: dict[str, Any]) -> None:
    """Allow an empty section (YAML's null), which has its defaults. User-defined names keep their pattern."""
    for name, schema in section.get("properties", {}).items():
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        if "anyOf" in schema and any("$ref" in option for option in schema["anyOf"]):
            schema["anyOf"] = [*(o for o in schema["anyOf"] if o.get("type") != "null"), {"type": "null"}]
        if "$ref" in schema or schema.get("type") == "object":
            texts = {key: schema.pop(key) for key in ("title", "description", "default") if key in schema}
            section["properties"][name] = {**texts, "anyOf": [schema, {"type": "null"}]}


def _variants(sections: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of the sections that differ in their `type`, such as the sources."""
    for section in sections:
        for schema in section.get("properties", {}).values():
            for reference in schema.get("discriminator", {}).get("mapping", {}).values():
                yield reference.rpartition("/")[2]


def _require_type(section: dict[str, Any]) -> None:
    """Require the `type` of a variant: it has a default in Python, but selects the variant in the file."""
    section["required"] = ["type", *section.get("required", ())]


def _is_secret(schema: dict[str, Any]) -> bool:
    return any(option.get("writeOnly") for option in (schema, *schema.get("anyOf", ())))
