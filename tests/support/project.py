"""Where this checkout is."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""Its root folder, from which `mqttcam` and `tests` can be imported."""
