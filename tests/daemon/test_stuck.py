"""A camera that is really stuck: the daemon restarts its process, and the other camera keeps working.

The camera reads from a named pipe without a writer: opening it never returns.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import clean_environment, mqttcam_command, pattern_camera
from tests.support.pictures import raw_ring
from tests.support.rig import Launch, Rig
from tests.support.waiting import wait_for

_RESTART_AFTER = 'StuckRestart.__init__.__kwdefaults__["timing"] = RestartTiming(first={})\n'
_QUICK = """
from mqttcam.run.stuck_restart import RestartTiming, StuckRestart
from mqttcam.camera import supervisor
from mqttcam.camera.camera import Camera
from mqttcam.camera.timing import Timing
Camera.__init__.__kwdefaults__["timing"] = Timing(
    open_timeout=0.3, tick=0.05, close_timeout=0.1, first_retry=0.01, last_retry=0.01
)
"""
"""Run at the start of the daemon's process, to shorten its waits."""
_MANAGED = 'import os; os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())\n'
_WAITING_LIBRARY = "import atexit, time; atexit.register(time.sleep, 60)\n"

LaunchHanging = Callable[..., Rig]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "camera"
    os.mkfifo(path)
    return path


@pytest.fixture
def launch_hanging(launch: Launch, pipe: Path, tmp_path: Path) -> LaunchHanging:
    """A daemon with the cameras `front`, which is well, and `stuck`; `more` Python runs at its start."""

    def start(more: str = "") -> Rig:
        folder = tmp_path / "start"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_QUICK + _RESTART_AFTER.format(0.6) + more)
        packages = clean_environment(tmp_path)["PYTHONPATH"]
        stuck = {"source": {"type": "file", "path": str(pipe), "format": "yuv420", "size": "320x240"}}
        cameras: dict[str, Any] = {"front": pattern_camera(), "stuck": {**stuck, "frame_rate": 10}}
        return launch(cameras=cameras, env={"PYTHONPATH": f"{folder}{os.pathsep}{packages}"})

    return start


def put_right(pipe: Path) -> None:
    """A file with frames where the pipe was."""
    raw_ring(pipe.with_suffix(".new")).replace(pipe)


def starts(rig: Rig) -> int:
    return rig.daemon.log.count("runs as node")


def wait_error(rig: Rig, *words: str) -> str:
    """The camera's error, once it has all of these words."""
    topic = rig.node.camera("stuck").topic("state")
    message = rig.client.wait(topic, lambda m: all(word in str(m.json["last_error"]) for word in words))
    return str(message.json["last_error"])


def test_the_process_restarts_for_a_stuck_camera_which_comes_back(
    launch_hanging: LaunchHanging, pipe: Path
) -> None:
    rig = launch_hanging()
    pid = rig.daemon.pid
    assert wait_error(rig, "threads") == "its threads hang: the process restarts now"
    wait_for(lambda: starts(rig) == 2, "the restart")
    put_right(pipe)
    stuck = rig.node.camera("stuck")
    stuck.wait_availability("online")
    stuck.next_image()
    assert stuck.state()["last_error"] is None
    assert (rig.daemon.alive, rig.daemon.pid) == (True, pid), "the process has replaced itself"
    rig.front.next_image()


def test_restarts_that_do_not_help_are_delayed_and_a_reboot_is_advised(
    launch_hanging: LaunchHanging,
) -> None:
    rig = launch_hanging(
        'StuckRestart.__init__.__kwdefaults__["timing"] = RestartTiming(first=1)\nsupervisor.STUCK_LIMIT = 1\n'
    )
    wait_error(rig, "the process restarts in 1 s")
    wait_error(rig, "the process restarts in 2 s")
    words = wait_error(rig, "reboot")
    assert words == (
        "its threads hang: 3 restarts of the process have not helped: reboot the machine (next restart: in 4 s)"
    )
    rig.front.next_image()
    assert starts(rig) == 4
    told = mqttcam_command(rig.daemon.directory, "healthcheck", "-c", str(rig.daemon.config_file))
    assert (told.returncode, told.stderr.strip()) == (1, f"camera stuck: {words}")
    health = rig.client.wait(rig.node.topic("health"), lambda m: "stuck" in m.json["cameras"])
    assert health.json["cameras"]["stuck"]["status"] in ("starting", "failed")
    assert f"camera stuck: {words}" in rig.daemon.log
    assert rig.retained()[rig.node.camera("stuck").topic("availability")].text == "offline"


def test_under_a_service_manager_the_process_exits_with_an_error(
    launch_hanging: LaunchHanging, pipe: Path
) -> None:
    rig = launch_hanging(_MANAGED)
    assert rig.daemon.wait(30) == 1
    assert rig.retained()[rig.node.topic("status")].text == "offline", (
        "published by the daemon, not as its will"
    )
    assert "the process restarts now" in rig.daemon.log
    put_right(pipe)
    since = rig.mark()
    rig.daemon.start()
    rig.node.camera("stuck").wait_availability("online", since=since)


def test_stop_does_not_wait_for_a_stuck_thread(launch_hanging: LaunchHanging) -> None:
    rig = launch_hanging(_WAITING_LIBRARY)
    rig.node.camera("stuck").wait_availability("offline")
    code, seconds = rig.daemon.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < 10
    assert rig.retained()[rig.node.topic("status")].text == "offline"
