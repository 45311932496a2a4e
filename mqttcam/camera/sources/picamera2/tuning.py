"""Which tuning file libcamera loads for each camera.

libcamera looks for `rpi/vc4/imx219.json`, or `rpi/pisp/imx219.json` on a Pi 5, in the folders that the environment
names (`IPAProxy::configurationFile`, src/libcamera/ipa_proxy.cpp), and then in its own. Links there give each model a
file.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2.selection import find

log = logging.getLogger(__name__)

_ENVIRONMENT = "LIBCAMERA_IPA_CONFIG_PATH"
_FOR_ALL = "LIBCAMERA_RPI_TUNING_FILE"
"""This variable names one file for all cameras, and takes precedence."""
_FOLDER = Path("tuning") / ".loaded"
_PLATFORMS = ("vc4", "pisp")


class _Version(Struct, frozen=True):
    """A tuning file as it is now: a replaced one has to be loaded again."""

    path: Path
    modified_ns: int
    size: int


class Tunings:
    """The tuning files of the cameras of this process."""

    def __init__(self) -> None:
        self._configured = os.environ.get(_ENVIRONMENT)
        self._wanted: dict[int | str, Path | None] = {}
        self._loaded: dict[str, _Version] = {}
        self._rejected: dict[_Version, str] = {}

    def want(self, camera: int | str, path: Path | None) -> None:
        """Note the tuning file that a camera is to have from the next `load` on.

        Args:
            camera: its number, id or model, as it is configured.
            path: absolute; `None` for libcamera's own.
        """
        self._wanted[camera] = path

    def are_loaded(self, attached: Sequence[Any]) -> bool:
        """Return whether libcamera has loaded the wanted tuning files.

        Args:
            attached: `Picamera2.global_camera_info()`.
        """
        return self._by_model(attached) == self._loaded

    def unload(self) -> None:
        """Have libcamera load its own tuning files at the next enumeration."""
        self._loaded = {}
        os.environ.pop(_FOR_ALL, None)
        if self._configured is None:
            os.environ.pop(_ENVIRONMENT, None)
        else:
            os.environ[_ENVIRONMENT] = self._configured

    def load(self, attached: Sequence[Any], folder: Path) -> None:
        """Have libcamera load the wanted tuning files at the next enumeration.

        Args:
            attached: `Picamera2.global_camera_info()`, with libcamera's own tuning files.
            folder: where the links are.
        """
        self.unload()
        links = (folder / _FOLDER).absolute()
        wanted = self._by_model(attached)
        if not wanted:
            return
        try:
            _link({model: version.path for model, version in wanted.items()}, links)
        except OSError as error:
            self._reject(wanted.values(), f"cannot be linked to: {error}")
            return
        self._loaded = wanted
        os.environ[_ENVIRONMENT] = ":".join(filter(None, (str(links), self._configured)))

    def reject_missing(self, before: Sequence[Any], now: Sequence[Any]) -> None:
        """Stop using tuning files with which libcamera no longer finds a camera that it finds without them."""
        there = {info["Id"] for info in now}
        models = {info["Model"] for info in before if info["Id"] not in there}
        rejected = [version for model, version in self._loaded.items() if model in models]
        self._reject(rejected, "is refused by libcamera, whose log says why")

    def problem(self, camera: int | str, model: str) -> str | None:
        """Return the reason why a camera does not have its tuning file, or `None` if it has.

        Args:
            camera: its number, id or model, as it is configured.
            model: as libcamera reports it.
        """
        path = self._wanted.get(camera)
        if path is None:
            return None
        version = _version(path)
        if version is None:
            return f"{path} no longer exists; libcamera's own is used"
        if reason := self._rejected.get(version):
            return f"{path} {reason}; libcamera's own is used"
        loaded = self._loaded.get(model)
        if loaded is not None and loaded != version:
            return f"cameras of one model share one tuning file: {loaded.path} is used"
        return None

    def loaded(self, model: str) -> str | None:
        """Return the name of the tuning file that libcamera has loaded for a model; `None` for its own."""
        version = self._loaded.get(model)
        return None if version is None else version.path.name

    def _by_model(self, attached: Sequence[Any]) -> dict[str, _Version]:
        """Return the wanted tuning files that can be used by the cameras' models; of several for one, the first."""
        found: dict[str, _Version] = {}
        for camera, path in list(self._wanted.items()):
            version = None if path is None else _version(path)
            if version is None or version in self._rejected:
                continue
            try:
                model = str(attached[find(camera, attached)]["Model"])
            except SourceError:  # it is not attached
                continue
            found.setdefault(model, version)
        return found

    def _reject(self, versions: Iterable[_Version], reason: str) -> None:
        self._rejected |= dict.fromkeys(versions, reason)


def _version(path: Path) -> _Version | None:
    """Return a tuning file as it is now; `None` if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _Version(path, status.st_mtime_ns, status.st_size)


def _link(by_model: Mapping[str, Path], folder: Path) -> None:
    """Make a folder in which libcamera finds a tuning file for each model, and nothing else.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        shutil.rmtree(folder)
    for platform in _PLATFORMS:
        (folder / "rpi" / platform).mkdir(parents=True)
        for model, path in by_model.items():
            for name in (f"{model}.json", f"{model}_mono.json"):
                (folder / "rpi" / platform / name).symlink_to(path)
