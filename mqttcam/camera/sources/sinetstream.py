"""The source `sinetstream`: a Kafka topic of pictures in SINETStream's format, from mqttcam or NII's sender."""

from __future__ import annotations

import logging
from typing import Any

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.wakeup import Wakeup
from mqttcam.kafka import log as kafka_log
from mqttcam.settings import CameraSettings
from mqttcam.settings.kafka_client import KafkaConnection, as_parameters
from mqttcam.settings.sources.sinetstream import SinetstreamSource

log = logging.getLogger(__name__)

_POLL_MS = 200
"""Milliseconds that one poll for messages takes; a request to stop is seen after that."""


class SinetstreamReader(Source):
    """Reads pictures through SINETStream's own reader, from the newest message on."""

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        source: object = settings.source
        assert isinstance(source, SinetstreamSource)
        self._settings = source
        self._reader: Any = None
        self._messages: Any = None
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)

    def open(self) -> SourceInfo:
        source = self._settings
        kafka_log.capture()
        try:
            from sinetstream import MessageReader

            self._reader = MessageReader(no_config=True, **self._parameters())
            self._reader.open()
        except Exception as error:
            raise SourceError(kafka_log.explain_open_failure(error, ",".join(source.brokers))) from error
        self._messages = iter(self._reader)
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)
        return SourceInfo(f"Kafka {source.topic}", 0, 0, frame_rate=0)

    def read(self, timeout: float) -> Frame | None:
        try:
            message = next(self._messages, None)
        except Exception as error:
            raise SourceError(f"{self._settings.topic}: {type(error).__name__}: {error}") from error
        if message is not None:
            stamp = message.timestamp_us
            return self._receiver.frame(message.value, stamp * 1000 if stamp else None)
        self._receiver.check()
        return None

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            try:
                reader.close()
            except Exception as error:  # noqa: BLE001 - the reader is dropped anyway
                log.debug("closing a SINETStream reader: %r", error)

    def _parameters(self) -> dict[str, Any]:
        source = self._settings
        limits = {"fetch_max_bytes": source.max_bytes, "max_partition_fetch_bytes": source.max_bytes}
        spec = as_parameters(source, KafkaConnection, secure=source.tls is not None)
        return {
            **source.as_parameters(),
            "topics": source.topic,
            "consistency": "AT_MOST_ONCE",
            "receive_timeout_ms": _POLL_MS,
            "type_spec": {**spec, **limits, "group_id": source.group_id, "auto_offset_reset": "latest"},
        }
