"""Logging: plain lines, in colour on a terminal, or JSON lines for a log collector."""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TextIO

import orjson

from mqttcam.text import encodable, one_line

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_COLOURS = {"DEBUG": "\033[2m", "WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[31;1m"}
_RESET = "\033[0m"


class PlainFormatter(logging.Formatter):
    """Formats lines like `2026-05-04 12:31:07 WARNING mqttcam.mqtt: text`, with `colour` coloured by level."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        colour = _COLOURS.get(record.levelname) if self._colour else None
        return f"{colour}{text}{_RESET}" if colour else text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name of the method it overrides
        """Format a record without its traceback, in one line: a message may contain what a peer has sent."""
        record.message = one_line(record.message)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """Formats one JSON object per line: ts (ISO 8601, UTC), level, logger, message, and exception if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": encodable(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = encodable(self.formatException(record.exc_info))
        return orjson.dumps(entry, default=str).decode()


class RepeatLimit(logging.Filter):
    """Passes a number of records per minute from each line of code that logs, so that no peer can fill the disk.

    Debug records always pass. The last record that passes says that more are left out, and the next one after the
    period how many were.
    """

    def __init__(
        self, most: int = 30, period: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`most` records per `period`, in seconds of `clock`, which must be monotonic."""
        super().__init__()
        self._most = most
        self._period = period
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes, and count it."""
        if record.levelno < logging.INFO:
            return True
        key, now = (record.pathname, record.lineno), self._clock()
        with self._lock:
            began, count = self._counts.get(key, (-math.inf, 0))
            left_out = 0
            if now - began >= self._period:
                left_out, began, count = max(0, count - self._most), now, 0
            count += 1
            self._counts[key] = began, count
        if count == self._most:
            _append(record, f"more like this are left out for {self._period - now + began:.0f} s")
        elif left_out:
            _append(record, f"{left_out} more like this were left out")
        return count <= self._most


def _append(record: logging.LogRecord, remark: str) -> None:
    record.msg, record.args = f"{record.getMessage()} ({remark})", ()


def set_up(level: str, style: Literal["text", "json"], stream: TextIO | None = None) -> None:
    """Log mqttcam at `level` and libraries at WARNING, to standard error unless `stream` is given.

    Repeated records of the same kind are limited: see `RepeatLimit`.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter() if style == "json" else PlainFormatter(colour=out.isatty()))
    handler.addFilter(RepeatLimit())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    set_level(level)


def set_level(level: str) -> None:
    """Change the level of mqttcam's log."""
    logging.getLogger("mqttcam").setLevel(level)


def get_level() -> str:
    """Return the level of mqttcam's log."""
    return logging.getLevelName(logging.getLogger("mqttcam").getEffectiveLevel())
