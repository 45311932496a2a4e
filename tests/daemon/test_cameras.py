"""Several cameras, a failing one among them; files as cameras; two daemons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.daemon import pattern_camera
from tests.support.pictures import brightness_of, jpeg, jpeg_folder, raw_ring, size_of
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch


def _files(path: Path, **source: Any) -> dict[str, Any]:
    return {"source": {"type": "file", "path": str(path), **source}, "frame_rate": 10, "image": {"fps": 5}}


def test_two_cameras_publish_images(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(), "back": pattern_camera(size="160x120")})
    front, back = rig.front, rig.node.camera("back")
    assert size_of(front.next_image()[0].payload) == (320, 240)
    assert size_of(back.next_image()[0].payload) == (160, 120)
    since = rig.mark()
    check_ok(front.set({"brightness": 0.2, "enabled": "OFF"}), "set")
    assert back.state()["brightness"] != 0.2
    back.next_image()
    assert not rig.client.on(back.topic("result"), since)[1:], "its own command alone"


def test_one_failing_camera_never_touches_another(launch: Launch, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"this is no picture")
    rig = launch(cameras={"broken": _files(folder), "front": pattern_camera()})
    broken = rig.node.camera("broken")
    rig.front.next_image()
    broken.wait_availability("offline")
    state = rig.client.wait(broken.topic("state"), lambda m: m.json["last_error"]).json
    assert state["fps"] in (None, 0)
    assert set(state) >= {"enabled", "image_fps", "frame_age", "restarts", "resolution"}
    check_error(broken.command("snapshot", {"request_id": "s"}), "snapshot", "unavailable", request_id="s")
    assert rig.retained()[rig.node.topic("status")].text == "online"
    rig.front.next_image()
    assert "Traceback" not in rig.daemon.log

    since = rig.mark()
    (folder / "a.jpg").write_bytes(jpeg(200, 100))
    broken.command("restart_camera")
    broken.wait_availability("online", since=since)
    assert size_of(broken.next_image()[0].payload) == (200, 100)
    assert broken.state()["last_error"] is None or rig.daemon.alive


def test_jpegs_are_passed_through(launch: Launch, tmp_path: Path) -> None:
    pictures = jpeg_folder(tmp_path / "pictures")
    rig = launch(cameras={"front": _files(tmp_path / "pictures")})
    seen = {rig.front.next_image()[0].payload for _ in range(6)}
    assert seen <= set(pictures)
    assert len(seen) > 1, "and it moves on"
    _, meta = rig.front.next_image()
    assert (meta["width"], meta["height"]) == (320, 240)


def test_another_quality_encodes_them_again(launch: Launch, tmp_path: Path) -> None:
    pictures = jpeg_folder(tmp_path / "pictures")
    rig = launch(cameras={"front": _files(tmp_path / "pictures")})
    check_ok(rig.front.set({"image_quality": 20}), "set")
    while (found := rig.front.next_image())[1]["quality"] != 20:
        pass
    assert found[0].payload not in pictures
    assert len(found[0].payload) < min(map(len, pictures))


def test_a_single_jpeg_is_a_camera(launch: Launch, tmp_path: Path) -> None:
    data = jpeg(64, 48)
    (tmp_path / "one.jpg").write_bytes(data)
    rig = launch(cameras={"front": _files(tmp_path / "one.jpg")})
    first, _ = rig.front.next_image()
    second, _ = rig.front.next_image()
    assert first.payload == second.payload == data


def test_raw_frames_are_a_camera(launch: Launch, tmp_path: Path) -> None:
    ring = raw_ring(tmp_path / "ring.i420")
    rig = launch(cameras={"front": {**_files(ring, format="yuv420"), "size": "320x240"}})
    greys = {round(brightness_of(rig.front.next_image()[0].payload)) for _ in range(6)}
    assert len(greys) > 1
    assert all(min(abs(grey - known) for known in (30, 80, 130, 180)) <= 3 for grey in greys), greys


def test_two_daemons_share_a_broker(launch: Launch) -> None:
    one, two = launch(), launch()
    check_ok(one.front.set({"brightness": 0.2}), "set")
    assert two.front.state()["brightness"] != 0.2
    one.daemon.kill()
    one.node.wait_status("offline")
    two.front.next_image()
    assert not [m for m in two.client.on(two.node.topic("status")) if m.text == "offline"]


def test_names_with_hyphens_and_digits(launch: Launch) -> None:
    rig = launch(node="pi-4_b", cameras={"cam-1_x": pattern_camera()})
    rig.node.camera("cam-1_x").next_image()
    assert "homeassistant/device/mqttcam_pi-4_b_cam-1_x/config" in rig.discovery()


def test_the_base_topic_can_be_configured(launch: Launch) -> None:
    rig = launch(mqtt={"base_topic": "house/cams"})
    assert rig.front.topic("image") == f"house/cams/{rig.node.name}/front/image"
    rig.front.next_image()
    check_ok(rig.front.set({"brightness": 0.1}), "set")
