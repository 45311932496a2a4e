"""The source `sinetstream`: a Kafka topic of pictures, from mqttcam, NII's sender or any other producer."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.signatures import is_picture
from mqttcam.kafka import log as kafka_log
from mqttcam.kafka.compression import decompress
from mqttcam.kafka.envelope import InvalidMessage, unpack
from mqttcam.kafka.garbage import collect_clients
from mqttcam.kafka.intervals import measure_monotonically
from mqttcam.settings import CameraSettings
from mqttcam.settings.kafka_client import KafkaConnection, as_parameters
from mqttcam.settings.sources.sinetstream import SinetstreamSource

log = camera_logger(__name__)

_POLL_MS = 200
"""Milliseconds that one poll for messages takes; a request to stop is seen after that."""


class SinetstreamReader(Source):
    """Reads pictures through SINETStream's own reader, from the newest message on.

    Messages that were written with other settings, or without SINETStream, are read as well. What has no picture is
    skipped: anybody may write to a topic, and one message must not end the source.
    """

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        source: object = settings.source
        assert isinstance(source, SinetstreamSource)
        self._settings = source
        self._reader: Any = None
        self._records: Any = None
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)

    def open(self) -> SourceInfo:
        source = self._settings
        kafka_log.capture()
        collect_clients()
        try:
            from sinetstream import MessageReader

            measure_monotonically()
            self._reader = MessageReader(no_config=True, **self._parameters())
            if source.data_compression:
                self._reader.decompressor = functools.partial(
                    decompress, algorithm=source.compression.algorithm, max_bytes=source.max_bytes
                )
            self._reader.open()
        except Exception as error:
            raise SourceError(kafka_log.explain_open_failure(error, ",".join(source.brokers))) from error
        # The library's own iterator drops what it cannot decode, and cannot say which message that was.
        self._records = iter(self._reader._plugin)  # noqa: SLF001
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)
        return SourceInfo(f"Kafka {source.topic}", 0, 0, frame_rate=0)

    def read(self, timeout: float) -> Frame | None:
        try:
            found = next(self._records, None)
        except Exception as error:
            raise SourceError(f"{self._settings.topic}: {type(error).__name__}: {error}") from error
        if found is None:
            self._receiver.check()
            return None
        record = found[2]
        place = f"the message at partition {record.partition}, offset {record.offset}"
        try:
            payload, stamp = self._contents(record)
        except ValueError as error:
            self._receiver.skip(str(error), place)
            return None
        return self._receiver.frame(payload, stamp * 1000 if stamp else None, place)

    @property
    def skipped(self) -> int:
        return self._receiver.skipped

    @property
    def waiting_for(self) -> str | None:
        return self._receiver.problem

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            try:
                reader.close()
            except Exception as error:  # noqa: BLE001 - the reader is dropped anyway
                log.debug("closing a SINETStream reader: %r", error)

    def _contents(self, record: Any) -> tuple[bytes, int | None]:
        """Return what should be a picture, and its time of capture in Unix microseconds.

        Raises:
            ValueError: it cannot be decrypted, or there is nothing in it.
        """
        value = record.value
        if not value:
            raise ValueError("it is empty")
        encrypted = self._settings.data_encryption
        try:
            message = self._reader._make_message(value, record.topic, record)  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 - the library raises many kinds for a message of another writer
            if encrypted:
                raise ValueError(f"it cannot be decrypted with these settings: {error}") from None
        else:
            if encrypted or is_picture(message.value):
                return message.value, message.timestamp_us
        with contextlib.suppress(InvalidMessage):
            contents = unpack(value)
            if contents.timestamp_us is not None:
                return contents.payload, contents.timestamp_us
        return value, record.timestamp and record.timestamp * 1000

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
