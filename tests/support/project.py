"""The location of this checkout."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The root folder, from which `mqttcam` and `tests` can be imported."""
