"""The union of the sources: the `source` of a camera is one of them, by its `type`."""

from __future__ import annotations

from typing import Annotated

from mqttcam.settings.section import ByType
from mqttcam.settings.sources.file import FileSource
from mqttcam.settings.sources.mqtt import MqttSource
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.sinetstream import SinetstreamSource
from mqttcam.settings.sources.tcp import TcpSource
from mqttcam.settings.sources.test_pattern import TestPatternSource
from mqttcam.settings.sources.url import UrlSource
from mqttcam.settings.sources.v4l2 import V4l2Source

SourceSettings = Annotated[
    TestPatternSource
    | FileSource
    | Picamera2Source
    | V4l2Source
    | UrlSource
    | MqttSource
    | SinetstreamSource
    | TcpSource,
    ByType(),
]
