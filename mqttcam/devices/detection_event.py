"""One event of detections, and its published messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqttcam.recordings.recording import Event, new_id

if TYPE_CHECKING:
    from mqttcam.detections.message import Detection

DETECTION = "detection"
"""The type of the event when a label appears."""


class DetectionEvent:
    """An event from the first label that appears until no configured label is seen any more.

    Attributes:
        id: unique for ever.
        begin_ns, end_ns: when the first and the latest picture with a detection were captured, Unix nanoseconds.
        labels: what was seen, in that order.
    """

    def __init__(self, ts_ns: int) -> None:
        self.id = new_id(ts_ns)
        self.begin_ns = self.end_ns = ts_ns
        self.labels: tuple[str, ...] = ()

    def appearance(self, label: str, best: Detection | None, seq: int | None) -> dict[str, object]:
        """Add a label that appears, and return the event to publish.

        Args:
            best: the detection with the highest score; `box` is in shares of the picture's width and height.
        """
        if label not in self.labels:
            self.labels += (label,)
        box = None if best is None or best.box is None else best.box._asdict()
        score = None if best is None or best.score is None else round(best.score, 3)
        return {
            "event_type": DETECTION,
            "id": self.id,
            "ts": self.end_ns / 1e9,
            "seq": seq,
            "label": label,
            "score": score,
            "box": box and {name: round(share, 4) for name, share in box.items()},
        }

    def as_event(self, *, ended: bool = False) -> Event:
        """Return the event as it is stored with recordings."""
        return Event(
            id=self.id,
            type="detection",
            begin_ns=self.begin_ns,
            end_ns=max(self.begin_ns, self.end_ns) if ended else None,
            labels=self.labels,
        )
