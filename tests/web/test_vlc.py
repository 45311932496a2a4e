"""VLC plays `stream.ts`: encoded video, and a network camera's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.left_out import leave_out
from tests.support.pictures import size_of
from tests.support.video import transport_stream
from tests.video.test_pass_through import camera
from tests.web.serving import serving

pytest.importorskip("av")

_SECONDS = 3


async def scenes(url: str, folder: Path) -> list[bytes]:
    """Return pictures that VLC shows, every tenth one."""
    if shutil.which("cvlc") is None:
        leave_out("no VLC; install it with: apt-get install --no-install-recommends vlc-bin vlc-plugin-base")
    command = ["cvlc", "--intf=dummy", "--vout=dummy", "--no-audio", "--no-dbus", f"--run-time={_SECONDS}"]
    command += ["--video-filter=scene", "--scene-format=jpg", "--scene-ratio=10", f"--scene-path={folder}"]
    user: Any = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    environment = os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}

    def run() -> None:
        subprocess.run(
            [*command, url, "vlc://quit"],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=60,
            check=True,
            **user,  # VLC refuses to run as root
        )

    await asyncio.to_thread(run)
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; those of pytest are private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


async def test_encoded_video(open_folder: Path) -> None:
    async with serving() as served:
        shown = await scenes(f"{served.url}/cameras/front/stream.ts", open_folder)
    assert len(shown) >= 3, "24 frames per second"
    assert {size_of(picture)[0] for picture in shown} == {320}, "VLC pads the height"
    assert len(set(shown)) > 1, "they move"


async def test_video_that_is_passed_through(open_folder: Path) -> None:
    with camera(transport_stream(900, key_frames=range(0, 900, 10), size=(320, 240))) as (url, _):
        front = {"source": {"type": "url", "url": url, "kind": "video"}, "size": None}
        async with serving({"front": front}) as served:
            shown = await scenes(f"{served.url}/cameras/front/stream.ts", open_folder)
            assert served.front.video.note is None
    assert shown
    assert {size_of(picture)[0] for picture in shown} == {320}, "VLC pads the height"
