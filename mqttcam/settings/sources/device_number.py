"""Devices that are configured by number, path or id."""

from __future__ import annotations


def number_or_text(raw: object) -> object:
    """Return a text of up to three digits as a number, anything else unchanged."""
    return int(raw) if isinstance(raw, str) and raw.isdecimal() and len(raw) < 4 else raw
