"""The configuration: models of everything that a user can set, and loading them.

`load` returns a frozen `Settings`, or raises `SettingsError` with every problem, one line each:
``FILE:LINE: key.path: what is wrong, allowed: what is``.

Which file for what:

- A setting is a field of a model in this folder: `settings` (the root), `cameras`, `motion`, `outputs`, `mqtt`
  (also Home Assistant and the embedded broker), `web`, `kafka`, `kafka_client`, `log`; `sources/` has a file
  per kind of source. `section` is the models' base class, `field_types` and `size` are types of values.
- `document/`: the tree of a configuration (`tree`, `yaml_parser`, `config_file`, `secret_file`), the schema of
  its keys, derived from the models (`key_schema`, `json_schema`), suggestions (`nearest`) and `problems`.
- `nii_sender/`: the variables of NII's reference sender as such a tree.
- `loading/`: from trees to `Settings` (`loader`, `environment`, `dotenv`, `model_input`), and pydantic's errors
  as problems (`pydantic_errors`).

A new setting or section needs only its field, and the code that reads it: the environment variable, the `_file` key of
a secret, the JSON Schema, suggestions and error texts follow from it. It must also be in `config.example.yaml`.

Why loading is our own: pydantic-settings merges files and environment variables, but its errors name neither
line nor variable, and include secrets unless they are hidden altogether; strictyaml keeps lines but replaces the
models by a schema of its own and knows neither anchors nor flow style; ruamel.yaml keeps lines on mappings, but
resolves scalars before a model can ask for text, and limits neither depth nor aliases. Validation itself is
pydantic's, and parsing PyYAML's.
"""

from mqttcam.settings.cameras import UNPACED, CameraSettings, ImageSettings, default_name
from mqttcam.settings.document.json_schema import json_schema
from mqttcam.settings.document.problems import NoConfiguration, Problem, SettingsError
from mqttcam.settings.kafka_warnings import kafka_warnings
from mqttcam.settings.loading.loader import Configuration, check_daemon, find_config, load, load_configuration
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
    "Configuration",
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
    "check_daemon",
    "default_name",
    "find_config",
    "json_schema",
    "kafka_warnings",
    "load",
    "load_configuration",
    "parse_size",
    "plain",
]
