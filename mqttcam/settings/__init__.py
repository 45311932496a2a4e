"""What a user may configure: the models, and loading them from YAML, the environment and secret files.

`load` gives a frozen `Settings` or raises `SettingsError` with every problem, one line each.
"""

from mqttcam.settings.cameras import UNPACED, CameraSettings, ImageSettings, default_name
from mqttcam.settings.document.json_schema import json_schema
from mqttcam.settings.document.problems import NoConfiguration, Problem, SettingsError
from mqttcam.settings.loading.loader import check_outputs, find_config, load
from mqttcam.settings.log import LogSettings
from mqttcam.settings.motion import MotionSettings
from mqttcam.settings.mqtt import BrokerSettings, HomeAssistantSettings, MqttSettings, TlsSettings
from mqttcam.settings.section import plain
from mqttcam.settings.settings import Settings
from mqttcam.settings.size import NAMED_SIZES, Size, parse_size
from mqttcam.settings.sources.any_source import SourceSettings
from mqttcam.settings.sources.file import FileSource
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.test_pattern import TestPatternSource
from mqttcam.settings.sources.url import UrlSource
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.settings.web import WebSettings

__all__ = [
    "NAMED_SIZES",
    "UNPACED",
    "BrokerSettings",
    "CameraSettings",
    "FileSource",
    "HomeAssistantSettings",
    "ImageSettings",
    "LogSettings",
    "MotionSettings",
    "MqttSettings",
    "NoConfiguration",
    "Picamera2Source",
    "Problem",
    "Settings",
    "SettingsError",
    "Size",
    "SourceSettings",
    "TestPatternSource",
    "TlsSettings",
    "UrlSource",
    "V4l2Source",
    "WebSettings",
    "check_outputs",
    "default_name",
    "find_config",
    "json_schema",
    "load",
    "parse_size",
    "plain",
]
