"""The machine that the daemon runs on, as Home Assistant shows it: its manufacturer, model and revision."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

_DEVICE_TREE = "proc/device-tree"
_DMI = "sys/class/dmi/id"
_REVISION = re.compile(r"(.+?) Rev (\S+)")
_VENDORS = {"raspberrypi": "Raspberry Pi"}
"""Prefixes of `compatible` in device trees whose name is more than the capitalised prefix."""
_NOT_FILLED_IN = re.compile(
    r"|to be filled.*|default string|system (manufacturer|product name|version)|not (specified|applicable)"
    r"|none|unknown|n/?a|x+|0+",
    re.IGNORECASE,
)
"""What manufacturers of mainboards leave in the fields of the firmware."""


class Machine(Struct, frozen=True):
    """A machine; each field is `None` if it is unknown."""

    manufacturer: str | None = None
    model: str | None = None
    hw_version: str | None = None


def read_machine(root: Path = Path("/")) -> Machine:
    """Return the machine by its device tree (Raspberry Pi and other boards) or its firmware (PCs)."""
    tree, dmi = root / _DEVICE_TREE, root / _DMI
    if (model := _read(tree / "model")) is not None:
        vendor = (_read(tree / "compatible") or "").partition(",")[0]
        manufacturer = _VENDORS.get(vendor, vendor.capitalize()) or None
        revision = _REVISION.fullmatch(model)
        return Machine(manufacturer, *revision.groups()) if revision else Machine(manufacturer, model)
    fields = [_read(dmi / name) for name in ("sys_vendor", "product_name", "product_version")]
    return Machine(*(None if text is None or _NOT_FILLED_IN.fullmatch(text) else text for text in fields))


def _read(path: Path) -> str | None:
    """Return the first string in a file of the kernel; `None` if there is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content.partition(b"\0")[0].decode("utf-8", "replace").strip() or None
