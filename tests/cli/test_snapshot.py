"""`mqttcam snapshot` on files: a picture, or a clear reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import jpeg_folder, raw_ring, size_of
from tests.support.project import PROJECT


def snapshot(folder: Path, path: Path, **source: Any) -> subprocess.CompletedProcess[str]:
    """Run the command; its picture is `shot.jpg`."""
    size = {"size": source.pop("size")} if "size" in source else {}
    camera = {"source": {"type": "file", "path": str(path), **source}, **size}
    config = folder / "config.yaml"
    config.write_text(json.dumps({"state_dir": str(folder / "state"), "cameras": {"front": camera}}))
    command = [sys.executable, "-m", "mqttcam", "snapshot", "-c", str(config), "-o", str(folder / "shot.jpg")]
    root = PROJECT
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(root)}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=folder, env=environment
    )


def test_picture_of_a_folder(tmp_path: Path) -> None:
    pictures = jpeg_folder(tmp_path / "pictures")
    done = snapshot(tmp_path, tmp_path / "pictures")
    assert (done.returncode, done.stderr) == (0, "")
    picture = (tmp_path / "shot.jpg").read_bytes()
    assert picture in pictures
    width, height = size_of(picture)
    assert done.stdout == f"camera front: {width}x{height}, {len(picture)} bytes: {tmp_path}/shot.jpg\n"


def test_picture_of_raw_frames(tmp_path: Path) -> None:
    done = snapshot(tmp_path, raw_ring(tmp_path / "r.i420", 2, 64, 48), format="yuv420", size="64x48")
    assert (done.returncode, done.stderr) == (0, "")
    assert size_of((tmp_path / "shot.jpg").read_bytes()) == (64, 48)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "has no readable picture"),
        (["a.jpg", "b.jpg"], "has no readable picture: a.jpg: it is text, and neither"),
        (["a.txt"], "has no readable picture: a.txt and whatever else"),
        (None, "does not exist"),
    ],
)
def test_folder_without_a_picture_fails_and_says_why(
    tmp_path: Path, names: list[str] | None, words: str
) -> None:
    folder = tmp_path / "pictures"
    for name in names or []:
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"this is no picture")
    if names == []:
        folder.mkdir()
    done = snapshot(tmp_path, folder)
    assert done.returncode == 1
    assert f"{folder} {words}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "shot.jpg").exists()
