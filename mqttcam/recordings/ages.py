"""Which times a clock may show."""

from __future__ import annotations

from datetime import UTC, datetime

_EARLIEST_NS, _LATEST_NS = (
    round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1e9) for year in (2024, 2060)
)


def is_plausible(ns: int) -> bool:
    """Return whether a clock that shows this time may be right: a Pi without network has none of its own."""
    return _EARLIEST_NS <= ns <= _LATEST_NS
