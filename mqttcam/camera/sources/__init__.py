"""The kinds of source. A new one is a file here, a line in `_KINDS`, and its settings in `mqttcam/settings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mqttcam.camera.control import Control
from mqttcam.camera.source import Source
from mqttcam.camera.wake import Wake
from mqttcam.settings import CameraSettings, SourceSettings

_KINDS = {
    "test_pattern": "test_pattern:TestPattern",
    "file": "file:File",
}
"""Module in this folder and class; loaded only when a camera is configured with it."""
_LISTED = ("test_pattern",)
"""Kinds whose module has `attached()`."""


@dataclass(frozen=True, slots=True)
class AttachedCamera:
    """A camera that could be configured.

    Attributes:
        id: what tells it from the others.
        source: what to write under `source`.
        sizes: width and height, in pixels, that are worth naming.
    """

    id: str
    model: str
    source: Mapping[str, object]
    sizes: Sequence[tuple[int, int]]
    controls: Sequence[Control]


def create(settings: CameraSettings, wake: Wake) -> Source:
    """The configured source, not opened yet."""
    kind: type[Any] = _load(settings.source.type)
    source: Source = kind(settings, wake)
    return source


def does_its_own(source: SourceSettings) -> bool:
    """Whether the source gives frames of the configured size and orientation by itself."""
    return bool(getattr(_load(source.type), "adjusts_itself", False))


def attached() -> list[AttachedCamera]:
    """Every camera of this machine, and the test pattern."""
    found: list[AttachedCamera] = []
    for kind in _LISTED:
        found += import_module(f"{__name__}.{_KINDS[kind].partition(':')[0]}").attached()
    return found


def _load(kind: str) -> type[Any]:
    module, _, name = _KINDS[kind].partition(":")
    loaded: type[Any] = getattr(import_module(f"{__name__}.{module}"), name)
    return loaded
