"""Pictures: rate, quality, on demand, retained, and snapshots."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.daemon import pattern_camera
from tests.support.node import Camera
from tests.support.pictures import size_of
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for


def _metas(client: Client, camera: Camera, count: int) -> list[dict[str, Any]]:
    since = client.mark()
    return [m.json for m in client.wait_many(camera.topic("image", "meta"), count, since=since)]


def test_images_keep_to_the_image_rate(shared: Rig, front: Camera) -> None:
    check_ok(front.set({"image_fps": 2}), "set")
    front.next_image()
    times = [meta["ts"] for meta in _metas(shared.client, front, 4)]
    check_ok(front.set({"image_fps": 5}), "set")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert sum(gaps) / len(gaps) > 0.4, gaps


def test_rate_0_stops_images_but_not_snapshots(shared: Rig, front: Camera) -> None:
    check_ok(front.set({"image_fps": 0}), "set")
    since = shared.mark()
    first = _snapshot_seq(shared, front, "zero-1")
    while _snapshot_seq(shared, front, "zero-n") < first + 10:
        pass
    images = [m for m in shared.client.on(front.topic("image"), since) if m.index > since + 2]
    check_ok(front.set({"image_fps": 5}), "set")
    assert len(images) <= 1, "ten frames went by: no picture but one that was under way"
    front.next_image()


def _snapshot_seq(shared: Rig, camera: Camera, name: str) -> int:
    since = shared.mark()
    check_ok(camera.command("snapshot", {"request_id": name}), "snapshot", name)
    seq = shared.client.wait(camera.topic("snapshot", "meta"), since=since).json["seq"]
    assert isinstance(seq, int)
    return seq


def test_rate_0_in_the_configuration(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(frame_rate=30, image={"fps": 0})})
    rig.client.wait(rig.front.topic("image", "meta"), lambda m: m.json["trigger"] == "connect")
    first = _snapshot_seq(rig, rig.front, "a")
    since = rig.mark()
    while _snapshot_seq(rig, rig.front, "b") < first + 20:
        pass
    assert not rig.client.on(rig.front.topic("image"), since)


def test_every_frame_with_max(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(frame_rate=8, image={"fps": "max"})})
    since = rig.mark()

    def in_a_row() -> bool:
        """Also where this machine is busy: five of them one after the other."""
        seqs = [message.json["seq"] for message in rig.client.on(rig.front.topic("image", "meta"), since)]
        return any(seqs[at : at + 5] == list(range(seqs[at], seqs[at] + 5)) for at in range(len(seqs) - 4))

    wait_for(in_a_row, "five frames in a row")


def test_quality_changes_the_size_of_pictures(front: Camera) -> None:
    sizes = {}
    for quality in (10, 95):
        check_ok(front.set({"image_quality": quality}), "set")
        while (found := front.next_image())[1]["quality"] != quality:
            pass
        sizes[quality] = found[1]["bytes"]
    check_ok(front.set({"image_quality": 80}), "set")
    assert sizes[10] < sizes[95] * 0.8


def test_images_are_retained_if_configured(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(image={"retain": True})})
    rig.front.next_image()
    held = rig.retained()
    assert size_of(held[rig.front.topic("image")].payload) == (320, 240)
    assert rig.front.topic("image", "meta") not in held


def test_switching_off_clears_the_retained_image(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(image={"retain": True})})
    rig.front.next_image()
    assert rig.front.topic("image") in rig.retained()
    check_ok(rig.front.set({"enabled": "OFF"}), "set")
    wait_for(
        lambda: rig.front.topic("image") not in rig.retained(), "the broker shows the last picture no more"
    )
    check_ok(rig.front.set({"enabled": "ON"}), "set")
    rig.front.next_image(lambda m: bool(m.payload))


@pytest.mark.parametrize("payload", ["", "PRESS", "{}"])
def test_a_snapshot_accepts_the_payloads_of_buttons_and_scripts(
    shared: Rig, front: Camera, payload: str
) -> None:
    since = shared.mark()
    check_ok(front.command("snapshot", payload), "snapshot")
    meta = shared.client.wait(front.topic("snapshot", "meta"), since=since).json
    assert meta["request_id"] is None


def test_snapshot_carries_its_request(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    check_ok(front.command("snapshot", {"request_id": "door-7"}), "snapshot", "door-7")
    picture = shared.client.wait(front.topic("snapshot"), since=since)
    meta = shared.client.wait(front.topic("snapshot", "meta"), since=picture.index).json
    assert meta["request_id"] == "door-7"
    assert set(meta) >= {"seq", "ts", "width", "height", "bytes", "quality", "trigger"}
    assert meta["bytes"] == len(picture.payload)
    assert size_of(picture.payload) == (meta["width"], meta["height"])
    assert picture.content_type == "image/jpeg"
    assert picture.user["seq"] == str(meta["seq"])
    assert abs(int(picture.user["ts"]) / 1e9 - meta["ts"]) < 1e-3


def test_snapshot_is_a_new_frame(shared: Rig, front: Camera) -> None:
    _, before = front.next_image()
    assert _snapshot_seq(shared, front, "new") > before["seq"]


def test_many_snapshots_at_once_are_each_answered(shared: Rig, front: Camera) -> None:
    since = shared.mark()
    names = [f"burst-{number}" for number in range(30)]
    for name in names:
        shared.client.publish(front.topic("cmd", "snapshot"), {"request_id": name}, qos=0)
    results = [m.json for m in shared.client.wait_many(front.topic("result"), 30, since=since)]
    assert sorted(r["request_id"] for r in results) == sorted(names)
    good = []
    for result in results:
        if result["ok"]:
            good.append(result["request_id"])
        else:
            check_error(result, "snapshot", "busy", request_id=result["request_id"])
    assert good
    metas = shared.client.wait_many(front.topic("snapshot", "meta"), len(good), since=since)
    assert sorted(m.json["request_id"] for m in metas) == sorted(good)


@pytest.mark.parametrize("how", ["restart", "reload"])
def test_a_retained_image_is_cleared_once_images_are_not_retained(launch: Launch, how: str) -> None:
    rig = launch(cameras={"front": pattern_camera(image={"retain": True})})
    topic = rig.front.topic("image")
    wait_for(lambda: topic in rig.retained(), "the broker keeps an image")
    config = rig.daemon.config
    assert isinstance(config, dict)
    config["cameras"]["front"]["image"]["retain"] = False
    if how == "restart":
        since = rig.mark()
        rig.daemon.restart()
        rig.node.wait_online(since=since)
    else:
        rig.daemon.write_config()
        check_ok(rig.node.command("reload"), "reload")
    wait_for(lambda: topic not in rig.retained(), "it is cleared")
