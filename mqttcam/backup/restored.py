"""The values of a restored backup, which take effect at the next start. A start needs no other part of the package."""

from __future__ import annotations

from pathlib import Path

VALUES = "values.json"
"""In the state folder: what commands have set."""
RESTORED = "values.restored.json"
"""In the state folder: what takes its place at the next start."""


def adopt_restored(state_dir: Path) -> None:
    """Put restored values in the place of those that are there, before they are loaded.

    Raises:
        OSError: they cannot be moved.
    """
    restored = state_dir / RESTORED
    if not restored.is_file():
        return
    copy = (state_dir / VALUES).with_suffix(".copy.json")
    copy.unlink(missing_ok=True)
    restored.replace(state_dir / VALUES)
