"""What a good start logs: which configuration, which cameras, and where everything can be seen."""

from __future__ import annotations

import re

from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.rig import Launch
from tests.support.waiting import free_port, wait_for


def test_a_start_says_what_runs_and_where(launch: Launch) -> None:
    port = free_port()
    rig = launch(
        cameras={"front": pattern_camera(), "back": pattern_camera(enabled=False)},
        web={"enabled": True, "port": port},
        env={"MQTTCAM__WEB__HISTORY": "3", "MQTTCAM__MQTT__KEEPALIVE": "77"},
    )
    # The camera opens and the broker answers in any order.
    lines = ("camera front: open", "Home Assistant: announced")
    wait_for(lambda: all(line in rig.daemon.log for line in lines), "the camera is open and announced")
    folder, log = rig.daemon.directory, rig.daemon.log
    assert (
        f"configuration: {folder}/config.yaml and the variables MQTTCAM__MQTT__KEEPALIVE, MQTTCAM__WEB__HISTORY\n"
        in log
    )
    assert re.search(rf"runs as node {rig.node.name}; state folder {folder}/state\n", log)
    assert f"web page: http://127.0.0.1:{port}/ (listening on 127.0.0.1, port {port})\n" in log
    assert "Home Assistant: announced the node and 2 cameras below homeassistant\n" in log
    assert "camera front: open, 320x240 at 10 fps\n" in log
    assert "camera back: switched off\n" in log
    done = mqttcam_command(folder, "healthcheck", "-c", str(rig.daemon.config_file))
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"node {rig.node.name}: running, no problems\n",
        "",
    )


def test_without_a_camera_it_says_so(launch: Launch) -> None:
    rig = launch(cameras={})
    assert "no camera is configured; `mqttcam cameras` lists those of this machine" in rig.daemon.log
