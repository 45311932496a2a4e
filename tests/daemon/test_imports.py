"""The imports of a daemon with a camera, MQTT and Home Assistant only."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.broker import Broker
from tests.support.daemon import clean_environment, mqttcam_command
from tests.support.rig import rig

LIBRARIES = {
    "annotated_types",
    "msgspec",
    "numpy",
    "orjson",
    "paho",
    "pydantic",
    "pydantic_core",
    "simplejpeg",
    "typing_extensions",
    "typing_inspection",
    "yaml",
}
"""Those that a plain `run` may load, with what they need themselves."""
_UNASKED = {"_distutils_hack", "sitecustomize", "socks", "usercustomize"}
"""What Python at its start, and paho, load where it is installed."""
_IMPORTED = re.compile(r"^import '([^']+)' #", re.MULTILINE)


@pytest.fixture(scope="module")
def loaded(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a daemon that has sent a picture, in a place with a plugin for pydantic."""
    folder = tmp_path_factory.mktemp("plugin")
    _add_plugin(folder)
    packages = clean_environment(folder)["PYTHONPATH"]
    env = {
        "PYTHONVERBOSE": "1",
        "PYTHONPATH": f"{folder}{os.pathsep}{packages}",
        "COVERAGE_PROCESS_CONFIG": "",  # the measurement itself imports a lot
        "COVERAGE_PROCESS_START": "",
    }
    with rig(broker, tmp_path_factory.mktemp("plain"), node="plain", env=env) as running:
        running.front.next_image()
        assert running.discovery()
        code, _ = running.daemon.stop()
        assert code == 0
        return set(_IMPORTED.findall(running.daemon.log))


@pytest.fixture(scope="module")
def health_check(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of `mqttcam healthcheck`."""
    folder = tmp_path_factory.mktemp("check")
    env = {
        "MQTTCAM__STATE_DIR": str(folder),
        "PYTHONVERBOSE": "1",
        "COVERAGE_PROCESS_CONFIG": "",
        "COVERAGE_PROCESS_START": "",
    }
    ended = mqttcam_command(folder, "healthcheck", env=env)
    assert "no daemon is running" in ended.stderr
    return set(_IMPORTED.findall(ended.stderr))


def _add_plugin(folder: Path) -> None:
    package = folder / "bystander-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: bystander\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[pydantic]\nbystander = bystander\n")
    (folder / "bystander.py").write_text("def new_schema_validator(*_, **__):\n    return None, None, None\n")


def test_only_known_libraries_are_imported(loaded: set[str]) -> None:
    packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - _UNASKED
    packages = {name for name in packages if not name.startswith("_sysconfigdata_")}
    assert packages <= LIBRARIES | {"mqttcam", "ha_discovery"}
    assert packages >= {"mqttcam", "paho", "simplejpeg"}, "the imports were not seen"


@pytest.mark.parametrize(
    "name",
    [
        "mqttcam.backup.files",
        "mqttcam.camera.sources.file",
        "mqttcam.camera.sources.picamera2",
        "mqttcam.camera.sources.url",
        "mqttcam.camera.sources.v4l2",
        "mqttcam.cli.demo",
        "mqttcam.detections",
        "mqttcam.devices.day_night",
        "mqttcam.motion",
        "mqttcam.mqtt.broker.embedded",
        "mqttcam.outputs.kafka",
        "mqttcam.recordings.recorder",
        "mqttcam.settings.editing",
        "mqttcam.settings.nii_sender.kafka",
        "mqttcam.web.server",
        "bystander",
        "difflib",
        "multiprocessing",
        "pydantic.networks",
        "sqlite3",
        "xml",
    ],
)
def test_nothing_is_imported_for_parts_that_are_not_configured(loaded: set[str], name: str) -> None:
    assert name not in loaded


@pytest.mark.parametrize("name", ["asyncio", "numpy", "mqttcam.camera", "mqttcam.devices", "mqttcam.mqtt"])
def test_a_health_check_imports_little(health_check: set[str], name: str) -> None:
    assert name not in health_check
