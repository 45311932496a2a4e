"""What a new section gets without a line elsewhere, and what fails if a new model is not used anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

from pydantic import Field, SecretStr, ValidationError

from mqttcam import settings
from mqttcam.settings import sources
from mqttcam.settings.document.key_schema import ROOT, KeyKind, item_schema, known_keys, section_schema
from mqttcam.settings.document.tree import Origin
from mqttcam.settings.document.yaml_parser import parse
from mqttcam.settings.field_types import Port
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.loading.pydantic_errors import problem_of
from mqttcam.settings.section import Section
from mqttcam.settings.sources.any_source import SourceSettings
from mqttcam.settings.sources.section import SourceSection


class User(Section):
    token: SecretStr
    ports: tuple[Port, ...] = ()


class Extra(Section):
    users: dict[str, User] = Field(default_factory=dict)
    names: list[str] = Field(default_factory=list)
    folders: tuple[Path, ...] = ()


def filled(text: str, folder: Path) -> tuple[Extra | None, list[str]]:
    """The model from a YAML text, and its problems."""
    file = str(folder / "x.yaml")
    root, problems = parse(text, lambda line, _path: Origin(file, line))
    assert root is not None
    filler = ModelInput()
    data = filler.section(Extra, root, ())
    problems += filler.problems
    try:
        extra = Extra.model_validate(data)
    except ValidationError as error:
        found = [problem_of(detail, root, section_schema(Extra)) for detail in error.errors()]
        return None, [str(problem) for problem in (*problems, *(problem for _, problem in found))]
    return extra, list(map(str, problems))


def test_lists_and_secrets_of_named_sections(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t\n")
    text = "names: [no, 12, 012]\nfolders: [a, /b]\nusers: {me: {token_file: token, ports: ['1', 2]}}"
    extra, problems = filled(text, tmp_path)
    assert problems == []
    assert extra is not None
    assert extra.names == ["no", "12", "012"]
    assert extra.folders == (tmp_path / "a", Path("/b"))
    assert (extra.users["me"].token.get_secret_value(), extra.users["me"].ports) == ("t", (1, 2))


def test_problems_name_the_item(tmp_path: Path) -> None:
    text = "names:\n  - a\n  - [b]\nfolders: x\nusers:\n  me:\n    ports:\n      - 1\n      - 99999\n"
    _, problems = filled(text, tmp_path)
    assert [line.removeprefix(f"{tmp_path}/") for line in problems] == [
        "x.yaml:6: users.me.token: is missing, allowed: text",
        "x.yaml:9: users.me.ports.1: 99999 is out of range, allowed: a whole number from 1 to 65535",
        "x.yaml:3: names.1: a list is not text, allowed: text",
        "x.yaml:4: folders: is not a list, allowed: a list, such as [a, b]",
    ]


def test_every_key_is_known() -> None:
    assert [".".join(path) for path, _ in known_keys(section_schema(Extra))] == [
        "users",
        "users.*.token",
        "users.*.ports",
        "users.*.token_file",
        "names",
        "folders",
    ]


def modules(package: str, path: list[str]) -> Iterator[ModuleType]:
    """The modules of a package, imported."""
    for module in pkgutil.iter_modules(path):
        yield importlib.import_module(f"{package}.{module.name}")


def defined_in(package: str, path: list[str], base: type[Section]) -> set[type[Section]]:
    """The subclasses of `base` that the modules of a package define."""
    return {
        value
        for module in modules(package, path)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    }


def test_every_kind_of_source_is_in_the_union_under_a_type_of_its_own() -> None:
    defined = defined_in(sources.__name__, list(sources.__path__), SourceSection) - {SourceSection}
    union, *_ = get_args(SourceSettings)
    assert set(get_args(union)) == defined
    types = {get_args(model.model_fields["type"].annotation)[0] for model in defined}
    assert len(types) == len(defined)


def test_every_section_is_used_in_the_configuration() -> None:
    schemas = [schema for _, schema in known_keys()]
    schemas += [item_schema(schema) for schema in schemas if schema.kind is KeyKind.LIST]
    used = {model for schema in schemas for model in schema.models} | set(ROOT.models)
    parents = {parent for model in used for parent in model.__mro__}
    defined = defined_in(settings.__name__, list(settings.__path__), Section)
    assert defined - parents == set()
