"""Whether this machine has what a configuration names: files, devices, libraries. The daemon is not needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mqttcam.camera.source import SourceError
from mqttcam.settings import Configuration, FileSource, Picamera2Source, Problem, UrlSource, V4l2Source
from mqttcam.settings.document.tree import Key
from mqttcam.settings.sources.mqtt import MqttSource
from mqttcam.setup.extras import missing_extra
from mqttcam.tls import TlsError, TlsFiles, client_context, server_context

_KAFKA_CLIENTS = {"sinetstream": ("sinetstream", "kafka"), "confluent": ("confluent_kafka", "confluent")}
"""The library of each of Kafka's clients, and the extra that installs it."""
Found = tuple[tuple[Key, ...], str]
"""The key path of a setting, and what is wrong with what it names."""


def errors(configuration: Configuration) -> list[Problem]:
    """Return what keeps the daemon from starting or from ever connecting: libraries, certificates and keys."""
    settings = configuration.settings
    needed = {"web": ("aiohttp", settings.web.enabled), "broker": ("iotcore", settings.broker.enabled)}
    return _unusable_tls(configuration) + [
        configuration.problem((section, "enabled"), missing)
        for section, (library, enabled) in needed.items()
        if enabled and (missing := missing_extra(library, section))
    ]


def _unusable_tls(configuration: Configuration) -> list[Problem]:
    """Return the certificates and keys that are not in PEM form, not a pair, or need another password."""
    settings = configuration.settings
    problems: list[Problem] = []
    clients = {"mqtt.tls": settings.mqtt.tls if settings.mqtt is not None else None}
    for camera_id, camera in settings.cameras.items():
        if isinstance(camera.source, MqttSource):
            clients[f"cameras.{camera_id}.source.tls"] = camera.source.tls
    for section, tls in clients.items():
        if tls is not None:
            problems += _tried(configuration, tls.files(section), server=False)
    if settings.web.enabled and (web := settings.web.tls) is not None:
        files = TlsFiles("web.tls", cert_file=web.cert_file, key_file=web.key_file)
        problems += _tried(configuration, files, server=True)
    return problems


def _tried(configuration: Configuration, files: TlsFiles, *, server: bool) -> Iterator[Problem]:
    try:
        server_context(files) if server else client_context(files)
    except TlsError as error:
        key, _, message = str(error).partition(": ")
        yield configuration.problem(key.split("."), message)


def warnings(configuration: Configuration) -> list[Problem]:
    """Return what is not there now; the daemon starts all the same, and tries again until it is."""
    settings = configuration.settings
    found = [*_folder(settings.state_dir, ("state_dir",))]
    if settings.kafka is not None and settings.kafka.type == "kafka":
        library, extra = _KAFKA_CLIENTS[settings.kafka.client]
        found += [(("kafka",), missing) for missing in [missing_extra(library, extra)] if missing]
    for camera_id, camera in settings.cameras.items():
        if not camera.enabled:
            continue
        path = ("cameras", camera_id, "source")
        match camera.source:
            case FileSource(path=file):
                found += _file(file, (*path, "path"))
            case V4l2Source(device=device):
                found += _usb_camera(device, (*path, "device"))
            case Picamera2Source():
                found += _picamera2(path)
            case UrlSource(url=url) if url.get_secret_value().startswith("rtsp"):
                found += [((*path, "url"), text) for text in [missing_extra("av", "video")] if text]
    return [configuration.problem(key, f"warning: {message}") for key, message in found]


def _folder(folder: Path, key: tuple[Key, ...]) -> Iterator[Found]:
    """Look whether a folder, which may have to be created, can be written to."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not existing.is_dir():
        yield key, f"{existing} is not a folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        created = "" if existing == folder else f"{folder} cannot be created: "
        yield key, f"{created}this user cannot write to {existing}"


def _file(file: Path, key: tuple[Key, ...]) -> Iterator[Found]:
    file = file.absolute()
    if not file.exists():
        yield key, f"{file} does not exist"
    elif not os.access(file, os.R_OK | (os.X_OK if file.is_dir() else 0)):
        yield key, f"this user cannot read {file}"


def _usb_camera(device: int | str | None, key: tuple[Key, ...]) -> Iterator[Found]:
    from mqttcam.camera.sources.v4l2.attached import FORBIDDEN, path_of
    from mqttcam.camera.sources.v4l2.device import load

    try:
        load()
        path = path_of(device)
    except SourceError as error:
        yield key, f"{error}; `mqttcam cameras` lists those of this machine"
        return
    if not os.access(path, os.R_OK | os.W_OK):
        yield key, f"{path} {FORBIDDEN}"


def _picamera2(key: tuple[Key, ...]) -> Iterator[Found]:
    from mqttcam.camera.sources.picamera2.library import load

    try:
        load()
    except SourceError as error:
        yield key, str(error)
