"""Logging: plain lines, in colour on a terminal, or JSON lines for a log collector."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

import orjson

from mqttcam.text import encodable

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


def set_up(level: str, style: Literal["text", "json"], stream: TextIO | None = None) -> None:
    """Log mqttcam at `level` and libraries at WARNING, to standard error unless `stream` is given."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter() if style == "json" else PlainFormatter(colour=out.isatty()))
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
