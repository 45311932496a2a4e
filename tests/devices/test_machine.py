"""The machine, as the files of its kernel describe it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.devices.machine import Machine, read_machine

PI = {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"}


@pytest.mark.parametrize(
    ("files", "machine"),
    [
        ({}, Machine()),
        (
            {**PI, "proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0"},
            Machine("Raspberry Pi", "Raspberry Pi 5 Model B", "1.0"),
        ),
        (PI, Machine(None, "Raspberry Pi 5 Model B", "1.0")),
        (
            {"proc/device-tree/model": "Radxa ROCK 5B\0", "proc/device-tree/compatible": "radxa,rock-5b\0"},
            Machine("Radxa", "Radxa ROCK 5B"),
        ),
        (
            {
                "sys/class/dmi/id/sys_vendor": "Dell Inc.\n",
                "sys/class/dmi/id/product_name": "OptiPlex 7050\n",
                "sys/class/dmi/id/product_version": "Not Specified\n",
            },
            Machine("Dell Inc.", "OptiPlex 7050"),
        ),
        (
            {
                "sys/class/dmi/id/sys_vendor": "To Be Filled By O.E.M.\n",
                "sys/class/dmi/id/product_name": "System Product Name\n",
                "sys/class/dmi/id/product_version": "\n",
            },
            Machine(),
        ),
    ],
)
def test_machine(tmp_path: Path, files: dict[str, str], machine: Machine) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert read_machine(tmp_path) == machine
