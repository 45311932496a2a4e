"""A writer: one connection to the destination of an output, used by a bridge's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from mqttcam.outputs.queue import QueuedMessage

UNREACHABLE = ("no connection to", "no answer from")
"""How the problems of a destination that is not reached begin."""


class TooLarge(Exception):
    """The destination refuses frames of this size; the writer can go on."""


class SendAgain(Exception):
    """The destination refuses a frame in the way it was sent; sent again, it is different. The writer can go on."""


class WriterFailed(Exception):
    """The connection has failed, and a new writer is needed; the message is for the log and `health`.

    It begins with one of `UNREACHABLE` if the destination is not reached, and with anything else if it refuses.
    """


class DeliveryReport(Struct):
    """What became of a frame: delivered, if there is no error."""

    frame: QueuedMessage
    error: Exception | None = None


ReportProblem = Callable[[str], None]
"""Called, from any thread, with a problem that the writer itself tries to overcome."""


class Writer(Protocol):
    """One connection, used once, from the bridge's thread alone, except for `abort`. Its `str` is the destination."""

    @property
    def room(self) -> int:
        """How many more frames `send` takes before the next delivery report."""

    @property
    def pending(self) -> int:
        """How many frames are in flight, or have a delivery report that was not returned yet."""

    def open(self, report_problem: ReportProblem) -> None:
        """Connect.

        Raises:
            WriterFailed: there is no connection.
        """

    def limit(self) -> int:
        """Return the bytes of the largest JPEG that is accepted now; called again after one was refused."""

    def send(self, frame: QueuedMessage) -> None:
        """Send a frame, or begin to.

        A failure is not raised: the frame's delivery report has it, `TooLarge`, `SendAgain` or `WriterFailed`.
        """

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        """Return the delivery reports since the last call; wait at most `timeout` seconds for the first one."""

    def abort(self) -> None:
        """Give up the frames in flight, from another thread, so that a `send` that hangs fails soon."""

    def close(self) -> list[QueuedMessage]:
        """Disconnect at once, and return the frames that were in flight."""
