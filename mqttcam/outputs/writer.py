"""What carries messages away: one connection, used by a bridge's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mqttcam.outputs.queue import QueuedFrame


class TooLarge(Exception):
    """Messages of this size are not taken at the other end; the writer goes on."""


class WriterFailed(Exception):
    """The connection is of no more use: a new writer is needed. The message is for a person."""


@dataclass(slots=True)
class DeliveryReport:
    """What became of a message; no error: it is where it should be."""

    message: QueuedFrame
    error: Exception | None = None


ReportProblem = Callable[[str], None]
"""To be called, from any thread, with what is wrong while a writer goes on trying by itself."""


class Writer(Protocol):
    """One connection, used once; all but `abort` is for the bridge's thread. Its `str` says where to, for people."""

    @property
    def room(self) -> int:
        """How many more messages it takes before one of those on their way has come to its end."""

    @property
    def pending(self) -> int:
        """How many are on their way, or at their end and not asked for by `delivery_reports`."""

    def open(self, report_problem: ReportProblem) -> None:
        """Connect.

        Raises:
            WriterFailed: no connection.
        """

    def limit(self) -> int:
        """The largest JPEG that gets through now, in bytes; asked again when one was refused."""

    def send(self, message: QueuedFrame) -> None:
        """Send, or begin to."""

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        """What has come to its end since the last call, waiting for it at most so many seconds."""

    def abort(self) -> None:
        """From another thread: what is on its way is given up, so that a `send` that hangs fails soon."""

    def close(self) -> list[QueuedFrame]:
        """Disconnect at once; what was still on its way."""
