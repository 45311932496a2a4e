"""A series of a real daemon: files, MQTT, and a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recordings.rig import frames
from tests.support.daemon import pattern_camera
from tests.support.results import check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for

pytest.importorskip("av")


def folder(rig: Rig) -> Path:
    return rig.daemon.directory / "state/recordings/front/series/garden"


def known(rig: Rig) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder(rig) / "series.json").read_text())
    return found


def test_a_series_goes_on_after_a_kill(launch: Launch) -> None:
    series = {"garden": {"schedule": "every second", "video": True}}
    rig = launch(cameras={"front": pattern_camera(series=series)}, recordings={"keep": {"free": 0}})
    front = rig.front
    image = front.client.wait(front.topic("series/garden/image"))
    assert image.payload.startswith(b"\xff\xd8")
    front.wait_state(series_garden="running", series_garden_on="ON")
    wait_for(lambda: len(list(folder(rig).glob("*.jpg"))) >= 2, "two pictures")
    rig.daemon.kill()
    before = known(rig)["pictures"]
    assert isinstance(before, int)
    since = rig.mark()
    rig.daemon.start()
    after = front.client.wait(
        front.topic("state"), lambda one: one.json["series_garden_pictures"] > before + 1, since=since
    )
    assert after.json["series_garden"] == "running"
    check_ok(front.command("pause_series", "garden"), "pause_series")
    front.wait_state(series_garden="paused", series_garden_next=None)
    pictures = known(rig)["pictures"]
    (video,) = folder(rig).glob("*.mp4")
    assert len(frames(video)) == pictures == len(list(folder(rig).glob("*.jpg")))
    assert not [path.name for path in folder(rig).iterdir() if path.suffix in (".part", ".new")]
    topic = front.topic("series/garden/image")
    assert rig.retained(topic)[topic].payload.startswith(b"\xff\xd8")
    assert isinstance(rig.daemon.config, dict)
    del rig.daemon.config["cameras"]["front"]["series"]
    since = rig.mark()
    rig.daemon.restart()
    front.client.wait(topic, lambda one: one.payload == b"", since=since)
    assert not rig.retained(topic)
