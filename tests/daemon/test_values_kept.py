"""Values set by commands survive restarts, above all that a camera is off (privacy)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.daemon import pattern_camera
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, Rig

VALUES: dict[str, Any] = {"brightness": 0.3, "contrast": 1.25, "image_quality": 55, "image_fps": 4}


def _again(rig: Rig, *, kill: bool) -> int:
    since = rig.mark()
    if kill:
        rig.daemon.kill()
        rig.daemon.start()
    else:
        rig.daemon.restart()
    rig.node.wait_online(since=since)
    return since


def _pictures(rig: Rig, since: int = 0) -> list[str]:
    """Return the topics of pictures; empty messages clear one."""
    topics = (rig.front.topic("image"), rig.front.topic("snapshot"))
    return [message.topic for topic in topics for message in rig.client.on(topic, since) if message.payload]


@pytest.mark.parametrize("kill", [False, True], ids=["stop", "kill -9"])
def test_values_survive_a_restart_of_the_daemon(launch: Launch, kill: bool) -> None:
    rig = launch()
    check_ok(rig.front.set(VALUES), "set")
    since = _again(rig, kill=kill)
    rig.front.wait_state(since=since, **VALUES)
    assert rig.front.next_image()[1]["quality"] == 55


def test_values_survive_the_restart_command(launch: Launch) -> None:
    rig = launch()
    check_ok(rig.front.set(VALUES), "set")
    since = rig.mark()
    check_ok(rig.node.command("restart"), "restart")
    gone = rig.node.wait_status("offline", since=since)
    rig.node.wait_online(since=gone.index)
    rig.front.wait_state(since=gone.index, **VALUES)


def test_controls_survive_a_restart_of_the_camera(launch: Launch) -> None:
    rig = launch()
    check_ok(rig.front.set(VALUES), "set")
    check_ok(rig.front.command("restart_camera"), "restart_camera")
    rig.front.next_image()
    state = rig.front.state()
    assert {key: state[key] for key in VALUES} == VALUES


def test_damaged_state_files_close_the_camera_until_it_is_switched_on(launch: Launch) -> None:
    rig = launch()
    check_ok(rig.front.set({"brightness": 0.3}), "set")
    rig.daemon.stop()
    for path in (rig.daemon.directory / "state").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00garbage{")
    since = rig.mark()
    rig.daemon.start()
    rig.node.wait_online(since=since)
    state = rig.front.wait_state(since=since, enabled="OFF")
    assert "the stored values cannot be read" in state["last_error"]
    check_ok(rig.front.set_value("enabled", "ON"), "set")
    rig.front.next_image()
    assert rig.front.state()["last_error"] is None


def test_a_camera_that_was_switched_off_stays_off(launch: Launch) -> None:
    rig = launch()
    rig.front.next_image()
    assert check_ok(rig.front.set_value("enabled", "OFF"), "set") == {"enabled": "OFF"}
    since = rig.mark()
    assert rig.front.state()["enabled"] == "OFF"
    check_error(rig.front.command("snapshot"), "snapshot", "unavailable")
    assert rig.retained()[rig.front.topic("availability")].text == "online", "or it could not be turned on"

    for kill in (False, True):
        since = _again(rig, kill=kill)
        rig.front.wait_state(since=since, enabled="OFF")
        check_error(rig.front.command("snapshot"), "snapshot", "unavailable")
        assert rig.retained()[rig.front.topic("availability")].text == "online"
        assert _pictures(rig, since) == [], "not one"

    assert check_ok(rig.front.set_value("enabled", "ON"), "set") == {"enabled": "ON"}
    rig.front.next_image()


def test_a_command_switches_on_a_camera_that_is_configured_off(launch: Launch) -> None:
    rig = launch(cameras={"front": {"source": {"type": "test_pattern"}, "size": "320x240", "enabled": False}})
    rig.front.wait_state(enabled="OFF")
    check_error(rig.front.command("snapshot"), "snapshot", "unavailable")
    assert _pictures(rig) == []
    check_ok(rig.front.set_value("enabled", "ON"), "set")
    rig.front.next_image()
    since = _again(rig, kill=True)
    rig.front.wait_state(since=since, enabled="ON")
    rig.front.next_image()


def test_a_camera_that_is_switched_off_in_the_configuration_leaves_no_picture_behind(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(image={"retain": True})})
    rig.front.next_image()
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.stop()
    assert rig.retained()[rig.front.topic("image")].payload
    since = rig.mark()
    rig.daemon.config["cameras"]["front"]["enabled"] = False
    rig.daemon.start()
    rig.front.wait_state(since=since, enabled="OFF")
    assert rig.front.topic("image") not in rig.retained()
    for topic in (rig.front.topic("image"), rig.front.topic("snapshot")):
        cleared = [message.payload for message in rig.client.on(topic, since)]
        assert cleared == [b""], "also for subscribers that keep a picture, as Home Assistant does"


def test_values_set_while_a_camera_is_off_apply_when_it_is_on(launch: Launch) -> None:
    rig = launch()
    rig.front.next_image()
    check_ok(rig.front.set({"enabled": "OFF"}), "set")
    check_ok(rig.front.set({"image_quality": 33}), "set")
    result = rig.front.set({"brightness": 0.4})
    if result["ok"]:
        check_ok(rig.front.set({"enabled": "ON"}), "set")
        rig.front.next_image()
        assert rig.front.state()["brightness"] == 0.4
    else:
        check_error(result, "set", "unavailable")
        check_ok(rig.front.set({"enabled": "ON"}), "set")
    assert rig.front.next_image()[1]["quality"] == 33
