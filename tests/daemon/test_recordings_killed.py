"""A daemon that is killed while it records: the next one finishes the file and lists it."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.recordings.rig import frames
from tests.support.daemon import pattern_camera
from tests.support.rig import Launch
from tests.support.waiting import HOST, free_port, wait_for

pytest.importorskip("av")


def test_the_next_daemon_finishes_what_a_killed_one_has_left(launch: Launch) -> None:
    port = free_port()
    rig = launch(
        cameras={"front": pattern_camera(record={"continuous": True})},
        web={"enabled": True, "host": HOST, "port": port},
    )
    folder = rig.daemon.directory / "state" / "recordings"

    def has_a_second() -> bool:
        return any(part.read_bytes().count(b"moof") >= 3 for part in folder.rglob("*.part"))

    wait_for(has_a_second, "some video on the disk")
    rig.daemon.kill()
    (part,) = folder.rglob("*.part")
    video = part.with_suffix("")
    assert len(frames(part)) >= 10, "it plays as it is"
    rig.daemon.start()
    wait_for(video.exists, "the finished video")
    assert not part.exists()
    assert len(frames(video)) >= 10
    recording = json.loads(video.with_suffix(".json").read_text())
    assert recording["seconds"] >= 1

    def listed() -> object:
        address = f"http://{HOST}:{port}/api/events/{recording['id']}"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return json.load(answer)["clip"]
        except OSError:
            return None

    assert wait_for(listed, "the recording in the list")
