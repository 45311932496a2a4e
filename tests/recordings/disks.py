"""Small disks of their own, to fill, to make read-only and to unplug."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from tests.support.left_out import leave_out


class Disk:
    """A file system in memory, mounted at `path`."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self._size = size
        self.plug()

    def plug(self) -> None:
        """Mount an empty one."""
        run = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self._size}", "mqttcam-test", str(self.path)],
            capture_output=True,
            text=True,
        )
        if run.returncode:
            leave_out(f"a file system of its own needs root: {run.stderr.strip()}")

    def unplug(self) -> None:
        """Unmount it, whatever is open on it."""
        subprocess.run(["umount", "-l", str(self.path)], check=False)

    def set_read_only(self, read_only: bool) -> None:
        """Take no more changes, or take them again."""
        how = "ro" if read_only else "rw"
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True)

    def fill(self) -> Path:
        """Fill it, and return the file that does."""
        path = self.path / "ballast"
        with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        return path
