"""The parts of a Kafka record: its value, key, headers and timestamp.

SINETStream's readers ignore key, headers and timestamp. Consumers that divide a topic among several processes need the
key, and can tell frames apart without decoding the value.
"""

from __future__ import annotations

import logging
import threading
import time

from mqttcam.kafka import envelope
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)

CONTENT_TYPE, EVENT_CONTENT_TYPE = "image/jpeg", "application/json"
OLDEST, NEWEST = -86_400_000, 600_000
"""Milliseconds from now within which the capture time is the timestamp.

Kafka 4 refuses a record more than an hour ahead, and deletes one that is older than the topic's retention: a clock that
has not been set yet must not cost frames.
"""
_PRESENT = 10_000
"""Milliseconds from now that no topic refuses."""
_LARGEST_SEQ = 2**63 - 1
_LONGEST_EVENT = 64
"""Characters of the id of an event."""
_PER_FIELD = 10
"""The most bytes that the lengths of a key or header take (Kafka's record format, two variable-length integers)."""

Headers = list[tuple[str, bytes]]


class RecordFields:
    """The values, keys, headers and timestamps of the records of one camera's frames.

    Attributes:
        content_type: that of the payloads.
        key: `<node>/<camera>`; None if the settings leave it out.
        longest: the most bytes that key and headers add to a record.
    """

    content_type = CONTENT_TYPE

    def __init__(self, node: str, camera_id: str, settings: KafkaSettings) -> None:
        self.key = f"{node}/{camera_id}".encode() if settings.key else None
        self._name = camera_id
        self._headers: Headers | None = None
        if settings.headers:
            texts = {"content-type": self.content_type, "node": node, "camera": camera_id}
            self._headers = [(name, text.encode()) for name, text in texts.items()]
        self.longest = _size(self.key, self._all_headers(_LARGEST_SEQ, "x" * _LONGEST_EVENT))
        self._oldest, self._newest = OLDEST, NEWEST
        self._logged = False
        self._lock = threading.Lock()

    def headers(self, frame: QueuedMessage) -> Headers:
        """Return the names and values of a record's headers; empty if the settings leave them out.

        A frame of an event of motion has its id as `event`.
        """
        return self._all_headers(frame.seq, frame.event)

    def value(self, frame: QueuedMessage) -> bytes:
        """Return the value of a record: the payload in SINETStream's envelope."""
        return envelope.pack(frame.payload, frame.ts_ns // 1000)

    def timestamp_ms(self, frame: QueuedMessage) -> int:
        """Return the time of capture in Unix milliseconds; the present time if the topic would not take that."""
        captured, now = _captured_ms(frame), _now_ms()
        return captured if self._oldest <= captured - now <= self._newest else now

    def refused(self, frame: QueuedMessage, timestamp_ms: int) -> bool:
        """Return whether a refused record is worth sending again, because its timestamp may be the reason.

        If so, capture times like that are left out from now on. Topics limit them by `message.timestamp.before.max.ms`
        and `message.timestamp.after.max.ms`.

        Args:
            timestamp_ms: what it was sent with.
        """
        difference = timestamp_ms - _now_ms()
        if timestamp_ms != _captured_ms(frame) or abs(difference) < _PRESENT:
            return False
        with self._lock:
            # Halved, not cut off at the present difference: waiting frames grow older.
            if difference < 0:
                self._oldest = max(self._oldest, difference // 2)
            else:
                self._newest = min(self._newest, difference // 2)
            first, self._logged = not self._logged, True
        log.log(
            logging.WARNING if first else logging.DEBUG,
            "kafka %s: the topic refuses the capture time of a picture %.0f s from now; "
            "such records have the time of sending",
            self._name,
            difference / 1000,
        )
        return True

    def _all_headers(self, seq: int, event: str | None) -> Headers:
        if self._headers is None:
            return []
        events = [] if event is None else [("event", event.encode())]
        return [*self._headers, ("seq", b"%d" % seq), *events]


class EventFields(RecordFields):
    """The same of the records of one camera's events, which are JSON without an envelope and have no `seq`."""

    content_type = EVENT_CONTENT_TYPE

    def value(self, frame: QueuedMessage) -> bytes:
        """Return the value of a record: the event as it is."""
        return frame.payload

    def _all_headers(self, seq: int, event: str | None) -> Headers:
        return [header for header in super()._all_headers(seq, event) if header[0] != "seq"]


def _captured_ms(frame: QueuedMessage) -> int:
    return frame.ts_ns // 1_000_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _size(key: bytes | None, headers: Headers) -> int:
    fields = sum(len(name.encode()) + len(value) + _PER_FIELD for name, value in headers)
    return fields + (len(key) if key is not None else 0) + _PER_FIELD
