"""The kinds of source.

A new one is a file here and a line in `_KINDS`; its settings are a file in `mqttcam/settings/sources/` and a line in
`any_source.py` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from msgspec import Struct, field

from mqttcam.camera.control import Control
from mqttcam.camera.source import Source, SourceError
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings

_KINDS = {
    "test_pattern": "test_pattern:TestPattern",
    "file": "file:FileCamera",
    "picamera2": "picamera2:PiCamera",
    "v4l2": "v4l2:V4l2Camera",
    "url": "url:UrlCamera",
    "mqtt": "mqtt:MqttSubscriber",
    "sinetstream": "sinetstream:SinetstreamReader",
    "tcp": "tcp:TcpListener",
}
"""The module in this folder and the class; loaded only if a camera is configured with it."""
_LISTED = ("picamera2", "v4l2", "test_pattern")
"""Kinds whose module has a function `attached()`."""


class AttachedCamera(Struct, frozen=True):
    """A camera that could be configured.

    Attributes:
        id: distinguishes it from the others.
        source: what to write under `source` in the configuration.
        sizes: width and height in pixels, those worth listing.
        details: what else is known of it, as it can be written in JSON; see `SourceInfo.details`.
    """

    id: str
    model: str
    source: Mapping[str, object]
    sizes: Sequence[tuple[int, int]]
    controls: Sequence[Control]
    details: Mapping[str, object] = field(default_factory=dict)


def create(settings: CameraSettings, wake: Wakeup) -> Source:
    """Return the configured source, not opened. Loads its module; call this in the capture thread, as that takes time.

    Raises:
        SourceError: there is no such kind, or a package that it needs is missing.
    """
    kind = settings.source.type
    if kind not in _KINDS:
        raise SourceError(f"no source of type {kind}; the types are {', '.join(_KINDS)}")
    module, _, name = _KINDS[kind].partition(":")
    try:
        make = getattr(import_module(f"{__name__}.{module}"), name)
    except ImportError as error:
        raise SourceError(f"{kind} needs a package that is not installed: {error}") from error
    source: Source = make(settings, wake)
    return source


def attached() -> list[AttachedCamera]:
    """Return every camera of this machine, and the test pattern."""
    found: list[AttachedCamera] = []
    for kind in _LISTED:
        found += import_module(f"{__name__}.{_KINDS[kind].partition(':')[0]}").attached()
    return found
