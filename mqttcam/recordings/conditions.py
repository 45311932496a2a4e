"""The conditions of queries for events and files, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from mqttcam.recordings.listed import EventQuery, FileType

_TAG = "events.id IN (SELECT event FROM tags WHERE kind = '{kind}' AND name = ?)"


def event_conditions(query: EventQuery) -> tuple[str, list[object]]:
    """Return the condition that selects the events of a query, with its values.

    The comparison `listed = 1`, rather than `listed` alone, lets SQLite read the index `newest` in order.
    """
    types = f"events.type IN ({_marks(query.types)})"
    return _joined(
        "events.listed = 1",
        ("events.camera = ?", query.camera),
        (types, query.types or None),
        (_TAG.format(kind="zone"), query.zone),
        (_TAG.format(kind="label"), query.label),
        ("COALESCE(events.end_ns, 9e18) >= ?", query.begin_ns),
        ("events.begin_ns < ?", query.end_ns),
        ("(events.begin_ns, events.id) < (?, ?)", query.before),
    )


def file_conditions(query: EventQuery, types: Sequence[FileType]) -> tuple[str, list[object]]:
    """Return the condition that selects whole recordings and photos of these types, with its values."""
    return _joined(
        "whole = 1",
        (f"type IN ({_marks(types)})", tuple(types)),
        ("camera = ?", query.camera),
        ("begin_ns >= ?", query.begin_ns),
        ("begin_ns < ?", query.end_ns),
        ("(begin_ns, id) < (?, ?)", query.before),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _joined(first: str, *conditions: tuple[str, object]) -> tuple[str, list[object]]:
    """Join the conditions that have values."""
    used, values = [first], list[object]()
    for condition, value in conditions:
        if value is not None:
            used.append(condition)
            values += value if isinstance(value, tuple) else (value,)
    return " AND ".join(used), values
