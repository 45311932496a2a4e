"""The other commands of `mqttcam`; exit codes: 0 done, 1 failed while running, 2 usage or configuration."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import mqttcam
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.pictures import jpeg, size_of
from tests.support.rig import Rig
from tests.support.waiting import free_port, wait_for

DAEMON_COMMANDS = ["run", "check", "discovery", "forget", "snapshot", "healthcheck"]


def _write(path: Path, config: Any) -> str:
    path.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
    return str(path)


def _good(tmp_path: Path) -> dict[str, Any]:
    return {
        "node": "yard",
        "mqtt": {"host": "127.0.0.1", "port": free_port()},
        "state_dir": str(tmp_path / "state"),
        "cameras": {"front": pattern_camera()},
    }


class TestCheck:
    """`mqttcam check`."""

    def test_good(self, tmp_path: Path) -> None:
        done = mqttcam_command(tmp_path, "check", "-c", _write(tmp_path / "c.yaml", _good(tmp_path)))
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("text", "line", "key", "words"),
        [
            ("node: yard\nmqtt:\n  hots: broker\n", 3, "mqtt.hots", ["host"]),
            ("mqtt:\n  host: b\n  port: 70000\n", 3, "mqtt.port", ["65535"]),
            ("mqtt:\n  host: b\n  protocol: 4\n", 3, "mqtt.protocol", ["5", "3.1.1"]),
            ("mqtt: {host: b}\ncamera: {}\n", 2, "camera", ["cameras"]),
            ("mqtt: {host: b}\nnode: a/b\n", 2, "node", []),
            ("mqtt:\n  host: b\n  base_topic: a/#\n", 3, "mqtt.base_topic", []),
            (
                "mqtt: {host: b}\ncameras:\n  Front Door:\n    source: {type: test_pattern}\n",
                3,
                "Front Door",
                ["a-z"],
            ),
            (
                "mqtt: {host: b}\ncameras:\n  front:\n    source: {type: test_patern}\n",
                4,
                "cameras.front.source",
                ["test_pattern"],
            ),
            (
                "mqtt: {host: b}\ncameras:\n  front:\n    source: {type: test_pattern}\n    size: 12\n",
                5,
                "cameras.front.size",
                ["VGA"],
            ),
            (
                "mqtt: {host: b}\ncameras:\n  front:\n    source: {type: test_pattern}\n    rotation: 45\n",
                5,
                "cameras.front.rotation",
                ["180", "270"],
            ),
            (
                "cameras:\n  front:\n    source: {type: test_pattern}\n    image:\n      quality: 101\n",
                5,
                "cameras.front.image.quality",
                ["100"],
            ),
        ],
        ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
    )
    def test_one_line_a_problem(
        self, tmp_path: Path, text: str, line: int, key: str, words: list[str]
    ) -> None:
        path = _write(tmp_path / "c.yaml", text)
        done = mqttcam_command(tmp_path, "check", "-c", path)
        assert done.returncode == 2
        lines = [
            found
            for found in (done.stdout + done.stderr).splitlines()
            if found.startswith(f"{path}:{line}: ")
        ]
        assert len(lines) == 1, done.stdout + done.stderr
        assert key in lines[0]
        assert all(word in lines[0] for word in words)
        assert "Traceback" not in done.stderr

    def test_every_problem_has_its_line(self, tmp_path: Path) -> None:
        path = _write(
            tmp_path / "c.yaml",
            "mqtt:\n  host: b\n  port: x\n  keepalive: 1\ncameras: {}\nlog: {level: LOUD}\n",
        )
        done = mqttcam_command(tmp_path, "check", "-c", path)
        assert done.returncode == 2
        found = re.findall(
            rf"^{re.escape(path)}:(\d+): ([\w.]+): .+$", done.stdout + done.stderr, re.MULTILINE
        )
        assert {("3", "mqtt.port"), ("4", "mqtt.keepalive"), ("6", "log.level")} <= set(found)

    @pytest.mark.parametrize(
        "text", ["a: [\n", "- 1\n", "\x00", "a: b: c\n", "&a [*a]\n", "!!python/object:x {}\n"]
    )
    def test_no_configuration_at_all(self, tmp_path: Path, text: str) -> None:
        done = mqttcam_command(tmp_path, "check", "-c", _write(tmp_path / "c.yaml", text))
        assert done.returncode == 2
        assert "c.yaml" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    def test_duplicate_keys(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "c.yaml", "node: a\nmqtt: {host: b}\nnode: c\n")
        done = mqttcam_command(tmp_path, "check", "-c", path)
        assert done.returncode in (0, 2)
        assert "Traceback" not in done.stderr


class TestExitCodes:
    """Exit codes and outputs."""

    @pytest.mark.parametrize("command", DAEMON_COMMANDS)
    def test_a_bad_file_is_2(self, tmp_path: Path, command: str) -> None:
        path = _write(tmp_path / "c.yaml", "mqtt:\n  hots: b\n")
        more = ["-o", str(tmp_path / "o.jpg")] if command == "snapshot" else []
        done = mqttcam_command(tmp_path, command, "-c", path, *more)
        assert done.returncode == 2
        assert "mqtt.hots" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("command", DAEMON_COMMANDS)
    def test_a_missing_file_is_2(self, tmp_path: Path, command: str) -> None:
        more = ["-o", str(tmp_path / "o.jpg")] if command == "snapshot" else []
        done = mqttcam_command(tmp_path, command, "-c", "nowhere.yaml", *more)
        assert done.returncode == 2
        assert "nowhere.yaml" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        "arguments", [[], ["dance"], ["run", "--dance"], ["snapshot"], ["demo", "--mqtt-port", "x"]]
    )
    def test_wrong_usage_is_2(self, tmp_path: Path, arguments: list[str]) -> None:
        done = mqttcam_command(tmp_path, *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_no_configuration_names_the_three_places(self, tmp_path: Path) -> None:
        if Path("/etc/mqttcam/config.yaml").exists():
            pytest.skip("this machine has a configuration of its own")
        done = mqttcam_command(tmp_path, "run")
        assert done.returncode == 2
        said = done.stdout + done.stderr
        assert re.search(r"(?<!mqttcam)/?config\.yaml", said)
        assert "/etc/mqttcam/config.yaml" in said
        assert "MQTTCAM__" in said

    def test_help_and_version(self, tmp_path: Path) -> None:
        done = mqttcam_command(tmp_path, "--help")
        assert done.returncode == 0
        for command in (*DAEMON_COMMANDS, "demo", "cameras", "schema"):
            assert command in done.stdout
        done = mqttcam_command(tmp_path, "--version")
        assert done.returncode == 0
        assert mqttcam.__version__ in done.stdout

    def test_forget_without_a_broker_is_1(self, tmp_path: Path) -> None:
        done = mqttcam_command(tmp_path, "forget", "-c", _write(tmp_path / "c.yaml", _good(tmp_path)))
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


class TestSnapshot:
    """`mqttcam snapshot`: one picture, without MQTT."""

    @pytest.mark.parametrize(
        ("size", "pixels"), [("QVGA", (320, 240)), ("1280x720", (1280, 720)), ("fhd", (1920, 1080))]
    )
    def test_file(self, tmp_path: Path, size: str, pixels: tuple[int, int]) -> None:
        config = _good(tmp_path) | {"cameras": {"front": pattern_camera(size=size)}}
        out = tmp_path / "o.jpg"
        done = mqttcam_command(
            tmp_path, "snapshot", "-c", _write(tmp_path / "c.yaml", config), "-o", str(out)
        )
        assert done.returncode == 0, done.stderr
        assert size_of(out.read_bytes()) == pixels

    def test_of_one_of_several(self, tmp_path: Path) -> None:
        cameras = {"front": pattern_camera(), "back": pattern_camera(size="160x120")}
        path = _write(tmp_path / "c.yaml", _good(tmp_path) | {"cameras": cameras})
        out = tmp_path / "o.jpg"
        assert (
            mqttcam_command(tmp_path, "snapshot", "-c", path, "--camera", "back", "-o", str(out)).returncode
            == 0
        )
        assert size_of(out.read_bytes()) == (160, 120)
        done = mqttcam_command(tmp_path, "snapshot", "-c", path, "--camera", "nope", "-o", str(out))
        assert done.returncode == 2
        assert "front" in done.stderr + done.stdout
        assert "back" in done.stderr + done.stdout

    def test_full_resolution_of_a_camera_that_has_no_other(self, tmp_path: Path) -> None:
        path, out = _write(tmp_path / "c.yaml", _good(tmp_path)), tmp_path / "o.jpg"
        done = mqttcam_command(tmp_path, "snapshot", "-c", path, "--full-resolution", "-o", str(out))
        assert done.returncode == 1
        assert "no other resolution" in done.stderr
        assert not out.exists()

    def test_that_fails_is_1_and_leaves_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "pictures").mkdir()
        (tmp_path / "pictures" / "a.jpg").write_bytes(b"none")
        camera = {"source": {"type": "file", "path": str(tmp_path / "pictures")}}
        path = _write(tmp_path / "c.yaml", _good(tmp_path) | {"cameras": {"front": camera}})
        done = mqttcam_command(tmp_path, "snapshot", "-c", path, "-o", str(tmp_path / "o.jpg"))
        assert done.returncode == 1
        assert not (tmp_path / "o.jpg").exists()
        assert "Traceback" not in done.stderr

    def test_of_a_jpeg_is_that_jpeg(self, tmp_path: Path) -> None:
        (tmp_path / "one.jpg").write_bytes(data := jpeg())
        camera = {"source": {"type": "file", "path": str(tmp_path / "one.jpg")}}
        path = _write(tmp_path / "c.yaml", _good(tmp_path) | {"cameras": {"front": camera}})
        done = mqttcam_command(tmp_path, "snapshot", "-c", path, "-o", str(tmp_path / "o.jpg"))
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "o.jpg").read_bytes() == data


class TestOthers:
    """`cameras`, `schema`, `healthcheck`."""

    def test_cameras(self, tmp_path: Path) -> None:
        done = mqttcam_command(tmp_path, "cameras", "--json")
        assert done.returncode == 0, done.stderr
        assert isinstance(json.loads(done.stdout), list | dict)
        text = mqttcam_command(tmp_path, "cameras")
        assert text.returncode == 0
        assert "ScalerCrop: x, y, width, height within 0, 0, 1280, 720 (default" in text.stdout
        if importlib.util.find_spec("libcamera") is None:
            assert "no Raspberry Pi cameras: libcamera is not installed; on Raspberry Pi OS:" in text.stderr

    def test_schema(self, tmp_path: Path) -> None:
        done = mqttcam_command(tmp_path, "schema")
        assert done.returncode == 0, done.stderr
        schema = json.loads(done.stdout)
        assert set(schema["properties"]) >= {"node", "mqtt", "home_assistant", "cameras", "web", "log"}
        assert schema.get("additionalProperties") is False

    def test_healthcheck_follows_the_daemon(self, launch: Any) -> None:
        rig: Rig = launch()
        rig.front.next_image()
        config = str(rig.daemon.config_file)

        def code() -> int:
            return mqttcam_command(rig.daemon.directory, "healthcheck", "-c", config).returncode

        wait_for(lambda: code() == 0, "healthy")
        rig.daemon.kill()
        assert code() == 1
        since = rig.mark()
        rig.daemon.start()
        rig.node.wait_online(since=since)
        wait_for(lambda: code() == 0, "healthy again")
        rig.daemon.stop()
        assert code() == 1

    def test_healthcheck_of_a_daemon_that_never_ran(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "c.yaml", _good(tmp_path))
        assert mqttcam_command(tmp_path, "healthcheck", "-c", path).returncode == 1
