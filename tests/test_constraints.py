"""The exact versions of `.ci/constraints.txt` against what `pyproject.toml` asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.project import PROJECT

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def required() -> list[Requirement]:
    """Everything that mqttcam, its extras and its build ask for."""
    content = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    lists = [content["build-system"]["requires"], content["project"]["dependencies"]]
    lists += content["project"]["optional-dependencies"].values()
    found = [Requirement(line) for requirements in lists for line in requirements]
    return [requirement for requirement in found if requirement.name != content["project"]["name"]]


def locked(python: str, machine: str) -> Iterator[tuple[str, str]]:
    """Name and exact version of each package for such a machine."""
    environment = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
    }
    for line in (PROJECT / ".ci" / "constraints.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            assert pin.operator == "==", line
            yield canonicalize_name(requirement.name), pin.version


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_has_one_allowed_version(python: str, machine: str) -> None:
    """If this fails: `.ci/lock NAME`, where NAME is what was added to or changed in `pyproject.toml`."""
    pins = list(locked(python, machine))
    versions = dict(pins)
    assert len(versions) == len(pins)
    for requirement in required():
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, requirement
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement}, locked at {version}"
        )
