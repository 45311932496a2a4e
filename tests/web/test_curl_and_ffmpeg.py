"""curl and ffmpeg as clients."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from mqttcam.camera.status import CameraStatus
from tests.recordings.made import NOON, recording
from tests.support.left_out import leave_out
from tests.support.waiting import until
from tests.web.credentials import users
from tests.web.recorded import add
from tests.web.serving import serving


def need(program: str) -> None:
    """Leave out the test if a program is not installed."""
    if shutil.which(program) is None:
        leave_out(f"{program} is not installed")


async def run(*command: str) -> tuple[int, bytes]:
    """Run a program; return its exit code and output."""
    need(command[0])
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output


def frames(framehash: bytes) -> list[str]:
    """Return the hash of each frame that ffmpeg has decoded."""
    lines = [line for line in framehash.decode().splitlines() if not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines]


async def test_curl_gets_a_picture() -> None:
    async with serving() as served:
        code, jpeg = await run("curl", "-sf", f"{served.url}/cameras/front/snapshot.jpg")
        assert code == 0
        assert jpeg.startswith(b"\xff\xd8")
        assert jpeg.endswith(b"\xff\xd9")


async def test_curl_reads_the_stream() -> None:
    async with serving() as served:
        code, stream = await run("curl", "-s", "-m", "2", f"{served.url}/stream.mjpg")
        assert code == 28  # its time limit
        assert stream.count(b"\r\n--frame\r\n") > 5


async def test_curl_sets_a_value_with_a_password() -> None:
    async with serving(**users()) as served:
        command = (
            "curl",
            "-sf",
            "-X",
            "POST",
            "-H",
            "Content-Type: application/json",
            "-d",
            '{"brightness": 0.3}',
        )
        code, _ = await run(*command, f"{served.url}/api/cameras/front/set")
        assert code == 22
        code, result = await run(*command, "-u", "anna:right", f"{served.url}/api/cameras/front/set")
        assert code == 0
        assert b'"changed":{"brightness":0.3}' in result


async def test_curl_runs_a_command_without_a_body() -> None:
    async with serving() as served:
        code, result = await run("curl", "-sf", "-X", "POST", f"{served.url}/api/cameras/front/cmd/snapshot")
        assert code == 0
        assert b'"ok":true' in result


async def test_ffmpeg_reads_the_stream() -> None:
    async with serving() as served:
        code, found = await run(
            "ffmpeg",
            "-v",
            "error",
            "-i",
            f"{served.url}/stream.mjpg",
            "-frames:v",
            "12",
            "-f",
            "framehash",
            "-",
        )
        assert code == 0
        assert len(set(frames(found))) > 6


async def test_ffmpeg_with_a_password_in_the_address() -> None:
    async with serving(**users()) as served:
        url = served.url.replace("http://", "http://otto:right@")
        code, found = await run(
            "ffmpeg", "-v", "error", "-i", f"{url}/stream.mjpg", "-frames:v", "3", "-f", "framehash", "-"
        )
        assert code == 0
        assert len(frames(found)) == 3


async def test_ffmpeg_continues_when_the_camera_is_switched_off_and_on() -> None:
    need("ffmpeg")
    async with serving() as served:
        command = (
            "ffmpeg",
            "-v",
            "error",
            "-i",
            f"{served.url}/stream.mjpg",
            "-frames:v",
            "40",
            "-f",
            "framehash",
            "-",
        )
        reading = asyncio.create_task(run(*command))
        await until(lambda: served.streams.sent > 5)
        served.front.set_enabled(False)
        await until(lambda: served.front.camera.status is CameraStatus.OFF)
        served.front.set_enabled(True)
        code, found = await reading
        assert code == 0
        assert len(frames(found)) == 40


async def test_ffmpeg_seeks_in_a_clip_and_curl_goes_on_with_a_download(tmp_path: Path) -> None:
    pytest.importorskip("av")
    from tests.support.video import video

    clip = video(tmp_path / "clip.mp4", count=40, options={"g": "10"}).read_bytes()
    async with serving({}, **users()) as served:
        made = await add(served, recording(NOON), clip)
        served.registry.node.page = f"{served.url}/"
        address = str(served.registry.node.event_address(made.id, "clip.mp4"))
        options = ("-v", "error", "-ss", "3", "-i", address, "-f", "framehash", "-")
        code, found = await run("ffmpeg", *options)
        assert (code, len(frames(found))) == (0, 10)
        half = tmp_path / "download.mp4"
        half.write_bytes(clip[: len(clip) // 2])
        code, _ = await run("curl", "-sf", "-C", "-", "-o", str(half), address)
        assert (code, half.read_bytes()) == (0, clip)
