"""Who has a device."""

from __future__ import annotations

import os
from pathlib import Path


def users_of(device: str, proc: Path = Path("/proc")) -> list[str]:
    """Other processes that have a device open whose path starts so, as `name (pid)`.

    Only those that we may look into; root sees all.
    """
    found = []
    for process in proc.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            targets = [str(link.readlink()) for link in (process / "fd").iterdir()]
            name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # it has ended, or belongs to somebody else
            continue
        if any(target.startswith(device) for target in targets):
            found.append(f"{name} ({process.name})")
    return sorted(found)


def in_use_words(device: str) -> str:
    """In words, who has a device whose path starts so, as far as that can be seen."""
    users = users_of(device)
    return (
        f"the camera is in use by {', '.join(users)}" if users else "the camera is in use by another program"
    )
