"""The life of a node with many kinds of cameras: Home Assistant logs nothing about it, and has no repair issue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.home_assistant.conftest import NOT_ABOUT_US, World
from tests.home_assistant.harness import HomeAssistant, ha_root, ha_version, now
from tests.support.broker import Mosquitto
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg_folder
from tests.support.results import check_ok
from tests.support.rig import rig
from tests.support.waiting import HOST, free_port, wait_for

NODE = "attic"
MQTT_SOURCE = "mirror"


def cameras(folder: Path, broker: int, page: int) -> dict[str, Any]:
    """One camera of each kind that needs no hardware; some give pictures, some never will."""
    jpeg_folder(folder / "pictures")
    own = f"mqttcam/{NODE}/front/image"
    return {
        "front": pattern_camera(name="Front door", motion=True, tcp={"host": HOST, "port": 9}),
        "files": {"source": {"type": "file", "path": str(folder / "pictures")}, "name": "玄関"},
        "page": {"source": {"type": "url", "url": f"http://{HOST}:{page}/cameras/front/stream.mjpg"}},
        MQTT_SOURCE: {"source": {"type": "mqtt", "host": HOST, "port": broker, "topic": own}},
        "sender": {"source": {"type": "tcp", "host": HOST, "port": free_port(), "silence": 1}},
        "usb": {"source": {"type": "v4l2", "device": "/dev/video99"}},
        "pi": {"source": {"type": "picamera2", "camera": 7}},
        "closed": pattern_camera(enabled=False, name='"Closed" {{ x }}'),
        "quiet": pattern_camera(image={"fps": 0, "retain": True}),
    }


@pytest.fixture(autouse=True)
def _no_complaint() -> None:
    """The check of the other tests, whose Home Assistant is not needed here."""


@pytest.fixture
def life(tmp_path: Path) -> Iterator[tuple[World, frozenset[str]]]:
    """A Home Assistant, broker and daemon of its own, and what Home Assistant logs at its start without mqttcam."""
    if ha_version(ha_root()) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    port = free_port()
    with Mosquitto(tmp_path / "broker") as broker, HomeAssistant(broker.port) as ha:
        sections: dict[str, Any] = {
            "node": NODE,
            "cameras": cameras(tmp_path, broker.port, port),
            "web": {"enabled": True, "port": port},
            "kafka": {"brokers": f"{HOST}:9", "topic": "frames"},
        }
        start = frozenset(ha.log(logger=""))
        with rig(broker, tmp_path / "daemon", **sections) as running:
            yield World(ha, broker, running), start


def devices(world: World) -> set[str]:
    """The ids of the cameras that Home Assistant has."""
    start = f"mqttcam_{NODE}_"
    found = world.ha.ask("config/device_registry/list")
    ids = [identifier for device in found for domain, identifier in device["identifiers"] if domain == "mqtt"]
    return {one.removeprefix(start) for one in ids if one.startswith(start)}


def settled(world: World, *offline: str) -> None:
    """Wait until the devices are those of the configuration, and the cameras that have pictures are available."""
    assert isinstance(world.rig.daemon.config, dict)
    configured = world.rig.daemon.config["cameras"]
    wait_for(
        lambda: not devices(world) ^ set(configured),
        "Home Assistant has the configured cameras",
        interval=0.1,
    )
    for camera in {"front", "files", "page", MQTT_SOURCE, "quiet"} & set(configured) - set(offline):
        entity = world.entity("restart_camera", f"{NODE}_{camera}")
        world.ha.wait_state(entity, lambda value: value != "unavailable", 40)


def reload(world: World, **changed: Any) -> None:
    """Change cameras in the configuration, or remove those that are None, and have the daemon read it."""
    config = world.rig.daemon.config
    assert isinstance(config, dict)
    merged = {**config["cameras"], **changed}
    config["cameras"] = {key: camera for key, camera in merged.items() if camera is not None}
    world.rig.daemon.write_config()
    check_ok(world.rig.node.command("reload"), "reload")


@pytest.mark.timeout(400)
def test_home_assistant_logs_nothing_over_a_life(life: tuple[World, frozenset[str]]) -> None:
    world, start = life
    node = world.rig.node

    def nothing_logged(after: str) -> None:
        """Check that no part of Home Assistant logged anything at WARNING or above, or has a repair issue."""
        lines = [line for line in world.ha.log(logger="") if not line.startswith(NOT_ABOUT_US)]
        found = [line for line in lines if line not in start] + [str(issue) for issue in world.ha.issues()]
        assert not found, "\n".join((f"after {after}:", *found))

    front, closed = node.camera("front"), node.camera("closed")

    settled(world)
    check_ok(front.command("snapshot"), "snapshot")
    check_ok(front.set({"enabled": "OFF"}), "set")
    check_ok(front.set({"enabled": "ON", "kafka": "OFF", "motion_detection": "OFF"}), "set")
    check_ok(closed.set({"enabled": "ON"}), "set")
    check_ok(closed.set({"enabled": "OFF"}), "set")
    nothing_logged("the start, switching off and on")

    files = world.rig.daemon.config
    assert isinstance(files, dict)
    source = files["cameras"]["files"]["source"]
    reload(world, added=pattern_camera(), front=pattern_camera(name="Gate"), quiet={"source": source})
    settled(world)
    reload(world, added=None, quiet=pattern_camera(size="160x120", motion=True), files=None)
    settled(world)
    nothing_logged("adding, changing and removing cameras")

    world.ha.delete_device(f"mqttcam_{NODE}_quiet")
    wait_for(lambda: "quiet" not in devices(world), "it is deleted", interval=0.1)
    world.ha.delete_device(f"mqttcam_{NODE}")
    wait_for(lambda: world.ha.device(f"mqttcam_{NODE}") is None, "the node's device is deleted", interval=0.1)
    check_ok(node.command("rediscover"), "rediscover")
    settled(world)
    nothing_logged("deleting devices and rediscover")

    since = now()
    world.ha.restart()
    world.ha.wait_birth(since)  # Home Assistant logs an error of its own if the broker is gone before that
    settled(world)
    since = now()
    with world.rig.client.reconnecting():
        world.broker.restart()
    world.ha.wait_birth(since)
    settled(world)
    world.rig.daemon.kill()
    world.ha.wait_state(world.entity("camera", f"{NODE}_front"), "unavailable")
    world.rig.daemon.start()
    settled(world)
    check_ok(node.command("restart"), "restart")
    settled(world)
    nothing_logged("restarts of Home Assistant, of the broker and of the daemon")

    world.rig.daemon.stop()
    config = world.rig.daemon.config
    assert isinstance(config, dict)
    del config["cameras"][MQTT_SOURCE]
    world.rig.daemon.start()
    settled(world)
    nothing_logged("removing a camera while no daemon was running")

    world.rig.daemon.stop()
    done = mqttcam_command(world.rig.daemon.directory, "forget", "-c", str(world.rig.daemon.config_file))
    assert done.returncode == 0, done.stderr
    wait_for(lambda: not devices(world), "everything is forgotten", interval=0.1)
    world.ha.restart()
    assert not world.ha.entities()
    nothing_logged("forget")
