"""SIGHUP and the `reload` command: a valid configuration is applied, an invalid one refused."""

from __future__ import annotations

import signal

from tests.support.daemon import pattern_camera
from tests.support.discovery import others_retained
from tests.support.results import CODES, check_error, check_ok
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for


def _device(rig: Rig, camera: str) -> str:
    return f"homeassistant/device/mqttcam_{rig.node.name}_{camera}/config"


def _two(rig: Rig) -> None:
    """Add a camera to the configuration file."""
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = {"front": pattern_camera(), "back": pattern_camera(name="Back yard")}
    rig.daemon.write_config()


def _bad(rig: Rig) -> None:
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = {"front": pattern_camera(image={"quality": 1000})}
    rig.daemon.write_config()


def test_sighup_adds_a_camera(launch: Launch) -> None:
    rig = launch()
    pid = rig.daemon.pid
    _two(rig)
    rig.daemon.send_signal(signal.SIGHUP)
    back = rig.node.camera("back")
    back.wait_availability("online")
    back.next_image()
    rig.front.next_image()
    assert rig.client.wait(_device(rig, "back")).json
    check_ok(back.set({"brightness": 0.1}), "set")
    assert rig.daemon.alive
    assert rig.daemon.pid == pid


def test_reload_removes_a_camera_and_clears_its_topics(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(), "back": pattern_camera(image={"retain": True})})
    rig.node.camera("back").next_image()
    since = rig.mark()
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = {"front": pattern_camera()}
    rig.daemon.write_config()
    check_ok(rig.node.command("reload", {"request_id": "less"}), "reload", "less")
    rig.client.wait(_device(rig, "back"), lambda m: not m.payload, since=since)
    wait_for(lambda: not rig.retained(f"{rig.node.base}/back/#"), "nothing held of the camera that is gone")
    assert _device(rig, "back") not in rig.discovery()
    assert _device(rig, "front") in rig.discovery()
    rig.front.next_image()


def test_topics_of_a_camera_removed_while_the_daemon_was_down_are_cleared(launch: Launch) -> None:
    rig = launch(cameras={"front": pattern_camera(), "back": pattern_camera()})
    rig.node.camera("back").wait_availability("online")
    kept = others_retained(rig.node.name)
    for topic, payload in kept.items():
        rig.client.publish(topic, payload, retain=True)
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = {"front": pattern_camera()}
    since = rig.mark()
    rig.daemon.restart()
    rig.node.wait_online(since=since)
    wait_for(lambda: not rig.retained(f"{rig.node.base}/back/#"), "nothing held of the camera that is gone")
    wait_for(lambda: _device(rig, "back") not in rig.discovery(), "its discovery is gone")
    rig.front.next_image()
    held = rig.retained("#")
    assert {topic: held[topic].text for topic in kept if topic in held} == kept, "what is not ours stays"


def test_sighup_changes_settings_of_a_camera(launch: Launch) -> None:
    rig = launch()
    rig.front.next_image()
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["cameras"] = {"front": pattern_camera(name="Garden gate", size="640x480")}
    rig.daemon.write_config()
    since = rig.mark()
    rig.daemon.send_signal(signal.SIGHUP)
    rig.client.wait(
        rig.front.topic("image", "meta"),
        lambda m: (m.json["width"], m.json["height"]) == (640, 480),
        since=since,
    )
    rig.client.wait(_device(rig, "front"), lambda m: "Garden gate" in m.text, since=since)


def test_reload_moves_to_other_topics(launch: Launch) -> None:
    rig = launch()
    rig.client.subscribe("elsewhere/#")
    assert isinstance(rig.daemon.config, dict)
    rig.daemon.config["mqtt"]["base_topic"] = "elsewhere"
    rig.daemon.write_config()
    since = rig.mark()
    rig.daemon.send_signal(signal.SIGHUP)
    rig.client.wait(f"elsewhere/{rig.node.name}/status", lambda m: m.text == "online", since=since)
    rig.client.wait(f"elsewhere/{rig.node.name}/front/image", since=since)
    rig.node.wait_status("offline", since=since)


def test_sighup_with_a_bad_file_is_refused(launch: Launch) -> None:
    rig = launch()
    _bad(rig)
    rig.daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: "image.quality" in rig.daemon.log, "the log names the key")
    assert "config.yaml:" in rig.daemon.log
    assert rig.front.state()["image_quality"] == 80
    rig.front.next_image()


def test_reload_of_a_bad_file_is_answered(launch: Launch) -> None:
    rig = launch()
    _bad(rig)
    error = check_error(rig.node.command("reload", {"request_id": "no"}), "reload", *CODES, request_id="no")
    assert error["code"] != "internal"
    assert "quality" in error["message"] + str(error["field"])
    assert rig.front.state()["image_quality"] == 80


def test_reload_of_a_missing_or_invalid_file_is_refused(launch: Launch) -> None:
    rig = launch()
    rig.daemon.config_file.write_text("cameras: [\n")
    check_error(rig.node.command("reload"), "reload")
    rig.daemon.config_file.unlink()
    check_error(rig.node.command("reload"), "reload")
    rig.front.next_image()
    _two(rig)
    check_ok(rig.node.command("reload"), "reload")
    rig.node.camera("back").next_image()


def test_reload_of_an_unchanged_configuration_changes_nothing(launch: Launch) -> None:
    rig = launch()
    check_ok(rig.front.set({"brightness": 0.3}), "set")
    since = rig.mark()
    check_ok(rig.node.command("reload"), "reload")
    rig.front.next_image()
    assert rig.front.state()["brightness"] == 0.3
    assert not [m for m in rig.client.on(rig.node.topic("status"), since) if m.text == "offline"]
    assert not [m for m in rig.client.on(rig.front.topic("availability"), since) if m.text == "offline"]
