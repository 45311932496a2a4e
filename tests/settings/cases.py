"""Helpers for the tests of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, settings

from mqttcam.settings import Problem, Settings, SettingsError, load

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests, so that they do not fail on a busy machine."""

CAMERA = "cameras: {front: {source: {type: test_pattern}}}\n"


def loaded(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
    """Load a file with that text."""
    return load(written(folder, text), environ or {})


def written(folder: Path, text: str | bytes) -> Path:
    """Write a configuration file with that text."""
    path = folder / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[Problem]:
    """Return the problems of a file with that text; none if it loads."""
    path = written(folder, text)
    return problems_of(path, environ)


def problems_of(path: Path | None, environ: Mapping[str, str] | None = None) -> list[Problem]:
    """Return the problems of loading; none if it succeeds."""
    try:
        load(path, environ or {})
    except SettingsError as error:
        return error.problems
    return []


def lines(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems as users read them, without the folder's name."""
    return [str(problem).replace(f"{folder}/", "") for problem in problems(folder, text, environ)]
