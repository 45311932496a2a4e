"""A section of the configuration from JSON, as commands have it, with the same checks and errors as in a file."""

from typing import TypeVar

from pydantic import ValidationError

from mqttcam.settings.document.key_schema import section_schema
from mqttcam.settings.document.problems import Problem, SettingsError, first_of
from mqttcam.settings.document.tree import Key, Origin, TreeNode, dotted
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.loading.pydantic_errors import explained
from mqttcam.settings.section import Section

_SOURCE = "request"
_MAX_DEPTH = 10
"""Levels of JSON; no section has more."""
ModelT = TypeVar("ModelT", bound=Section)


def section_from_json(model: type[ModelT], data: object) -> ModelT:
    """Return a section from plain data.

    Raises:
        SettingsError: it is not valid. The key of each problem is the path below the section.
    """
    if not isinstance(data, dict):
        raise SettingsError([Problem(_SOURCE, None, "", "is not a section")])
    root = _tree(data, ())
    model_input = ModelInput()
    converted = model_input.section(model, root, ())
    problems = model_input.problems
    section: ModelT | None = None
    try:
        section = model.model_validate(converted)
    except ValidationError as error:
        problems += explained(error, root, model_input.reported, section_schema(model))
    if problems or section is None:
        raise SettingsError(first_of(problems))
    return section


def _tree(data: object, path: tuple[Key, ...]) -> TreeNode:
    if len(path) > _MAX_DEPTH:
        raise SettingsError([Problem(_SOURCE, None, dotted(path), "is nested too deeply")])
    origin = Origin(_SOURCE)
    if isinstance(data, dict):
        return TreeNode({str(key): _tree(value, (*path, str(key))) for key, value in data.items()}, origin)
    if isinstance(data, list | tuple):
        return TreeNode([_tree(value, (*path, index)) for index, value in enumerate(data)], origin)
    if data is None or isinstance(data, str | bool | int | float):
        return TreeNode(data, origin, "null" if data is None else str(data))
    raise SettingsError([Problem(_SOURCE, None, dotted(path), "is not JSON")])
