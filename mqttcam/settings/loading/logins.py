"""Logins of which a half is missing: the other half would be dropped without a word."""

from __future__ import annotations

from collections.abc import Iterator

from mqttcam.settings.document.tree import Key
from mqttcam.settings.kafka_client import KafkaConnection
from mqttcam.settings.mqtt import MqttSettings, TlsSettings
from mqttcam.settings.settings import Settings
from mqttcam.settings.sources.mqtt import MqttSource
from mqttcam.settings.sources.sinetstream import SinetstreamSource

HalfLogin = tuple[tuple[Key, ...], str, str]
"""The key path of the half that is there, what is wrong, and what is allowed."""


def half_logins(settings: Settings) -> Iterator[HalfLogin]:
    """Yield every login of which a half is missing."""
    if settings.mqtt is not None:
        yield from _mqtt(settings.mqtt, ("mqtt",))
    if settings.kafka is not None and settings.kafka.config is None:
        yield from _kafka(settings.kafka, ("kafka",))
    for camera_id, camera in settings.cameras.items():
        path = ("cameras", camera_id, "source")
        if isinstance(camera.source, MqttSource):
            yield from _mqtt(camera.source, path)
        elif isinstance(camera.source, SinetstreamSource):
            yield from _kafka(camera.source, path)


def _mqtt(section: MqttSettings | MqttSource, path: tuple[Key, ...]) -> Iterator[HalfLogin]:
    # MQTT 3.1.1 has no password without a user name [MQTT-3.1.2-22], and paho sends none with MQTT 5 either.
    if section.password is not None and section.username is None:
        allowed = '`username` as well; `username: ""` for a broker that checks the password alone'
        yield (*path, "password"), "is given without username", allowed
    if section.tls is not None:
        yield from _tls(section.tls, (*path, "tls"))


def _tls(section: TlsSettings, path: tuple[Key, ...]) -> Iterator[HalfLogin]:
    if section.key_password is not None and section.cert_file is None:
        yield (*path, "key_password"), "is given without cert_file", "cert_file and key_file as well"


def _kafka(section: KafkaConnection, path: tuple[Key, ...]) -> Iterator[HalfLogin]:
    if section.sasl_mechanism is not None or section.security_protocol is not None:
        return
    type_spec = getattr(section, "type_spec", None)
    if type_spec is not None and type_spec.sasl_mechanism is not None:
        return
    for name in ("sasl_plain_username", "sasl_plain_password"):
        if getattr(section, name) is not None:
            yield (*path, name), "is given without sasl_mechanism", "`sasl_mechanism: PLAIN` as well"
            return
