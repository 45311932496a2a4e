"""Optional packages, and how to install one that is missing."""

from __future__ import annotations

import importlib.util


def missing_extra(library: str, extra: str) -> str | None:
    """Return how to install the extra that brings a library; None if the library is installed."""
    there = importlib.util.find_spec(library) is not None
    return None if there else f"{library} is not installed: pip install 'mqttcam[{extra}]'"
