"""Everything that runs in a soak: brokers, peers, viewers, and the daemon with its configuration."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.outputs.kafka.rig import make_topic
from tests.soak.actor import Actor
from tests.soak.commands import Commander
from tests.soak.observer import Observer
from tests.soak.peers import (
    Behaviour,
    Connect,
    HttpCamera,
    MqttSender,
    Peer,
    TcpListener,
    TcpSender,
    over_tcp,
    over_unix,
)
from tests.soak.viewers import Viewer
from tests.support.broker import Mosquitto
from tests.support.daemon import Daemon
from tests.support.kafka import KafkaBroker, any_kafka
from tests.support.pictures import jpeg_folder
from tests.support.waiting import HOST, free_port, wait_for

NODE, BASE = "soak", "mqttcam/soak"
ALL_FRAMES = "pattern"
"""The camera of which every frame goes to every output."""
SPOOLED = "folder"
"""The camera whose frames wait for Kafka on the disk."""
_RELAY = "soak/relay"
_DISK = "size=32m"
_VIEWERS = 4
_PICTURE = {"size": "320x240", "frame_rate": 10, "image": {"fps": 2, "quality": 80}}


class Disk:
    """The state folder: a small file system of its own where this user may mount one.

    Attributes:
        small: whether it is one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", _DISK, "soak", str(folder)]
        self.small = _runs(mount)

    def remount(self, mode: str) -> bool:
        """Make it read-only (`ro`) or writable (`rw`); return whether that was possible just now."""
        return _runs(["mount", "-o", f"remount,{mode}", str(self.folder)])

    def close(self) -> None:
        if self.small:
            _runs(["umount", "--lazy", str(self.folder)])


class Clock:
    """The daemon's wall clock, which `clock.c` moves where there is a C compiler; its monotonic clock stays real.

    Attributes:
        moves: whether it can be moved.
    """

    def __init__(self, directory: Path) -> None:
        self._library = directory / "clock.so"
        self._file = directory / "clock"
        self._file.write_bytes(bytes(8))
        source = Path(__file__).with_name("clock.c")
        self.moves = _runs(["cc", "-O2", "-shared", "-fPIC", "-o", str(self._library), str(source), "-ldl"])

    def step(self, seconds: int) -> None:
        """Set the distance from the real time."""
        with self._file.open("r+b") as file:  # the daemon has mapped it
            file.write(struct.pack("q", seconds))

    @property
    def environment(self) -> dict[str, str]:
        """For the daemon."""
        return {"LD_PRELOAD": str(self._library), "SOAK_CLOCK": str(self._file)} if self.moves else {}


class Setting:
    """All of it, running while it is in a `with`."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.seed = seed
        self.directory = directory
        self.broker = Mosquitto(directory / "mosquitto")
        self.kafka: KafkaBroker | None = _kafka(directory / "kafka")
        self.disk = Disk(directory / "state")
        self.clock = Clock(directory)
        self.folder = directory / "pictures"
        jpeg_folder(self.folder)
        self.web_port, self._camera_port, self._tcp_port, self._listener_port = (
            free_port() for _ in range(4)
        )
        self.embedded_port = free_port()
        self.listener = TcpListener(self._listener_port)
        self.peers: dict[str, Peer] = {
            "tcp": TcpSender(self._tcp_port),
            "url": HttpCamera(self._camera_port),
            "mqtt": MqttSender(self.broker.port, _RELAY),
            "listener": self.listener,
        }
        self.observer = Observer(self.broker.port, BASE)
        self.daemon = Daemon(directory / "daemon", self.configuration(), env=self.clock.environment)
        cameras = list(self.configuration()["cameras"])
        self.viewers = [
            Viewer(self.web_port, cameras, random.Random(f"{seed} viewer {number}"))
            for number in range(_VIEWERS)
        ]
        self.commander = Commander(self.observer, self.web_port, cameras, random.Random(f"{seed} commands"))

    @property
    def actors(self) -> list[Actor]:
        """Viewers and commands."""
        return [*self.viewers, self.commander]

    @property
    def listeners(self) -> list[Connect]:
        """Everything that the daemon listens on: the page, a camera's sender, the embedded broker, the health check."""
        ports = (self.web_port, self._tcp_port, self.embedded_port)
        return [*map(over_tcp, ports), over_unix(self.disk.folder / "health.sock")]

    def configuration(self) -> dict[str, Any]:
        """The daemon's configuration."""
        cameras: dict[str, Any] = {
            ALL_FRAMES: {
                **_PICTURE,
                "source": {"type": "test_pattern"},
                "image": {"fps": "max", "quality": 80},
                "motion": True,
                "tcp": {"host": HOST, "port": self._listener_port},
            },
            SPOOLED: {"source": {"type": "file", "path": str(self.folder)}, **_PICTURE, "frame_rate": 5},
            "tcp": {"source": {"type": "tcp", "host": HOST, "port": self._tcp_port, "silence": 5}},
            "url": {"source": {"type": "url", "url": f"http://{HOST}:{self._camera_port}/", "timeout": 5}},
            "mqtt": {
                "source": {
                    "type": "mqtt", "host": HOST, "port": self.broker.port, "topic": _RELAY, "silence": 5
                },
                "image": {"retain": True},
            },
        }  # fmt: skip
        config: dict[str, Any] = {
            "node": NODE,
            "mqtt": {"host": HOST, "port": self.broker.port},
            "state_dir": str(self.disk.folder),
            # Nothing uses it; here it has to bear what its port receives.
            "broker": {"enabled": True, "port": self.embedded_port},
            "web": {"enabled": True, "port": self.web_port},
            "cameras": cameras,
        }
        if self.kafka is not None:
            self._add_kafka(config, self.kafka)
        return config

    @staticmethod
    def _add_kafka(config: dict[str, Any], kafka: KafkaBroker) -> None:
        cameras = config["cameras"]
        config["kafka"] = {"brokers": kafka.address(), "topic": "soak.{camera}", "enabled": False}
        cameras[ALL_FRAMES]["kafka"] = {"enabled": True, "fps": "max"}
        spool = {"max_bytes": 4_000_000}
        cameras[SPOOLED]["kafka"] = {"enabled": True, "schedule": "every 2 seconds", "spool": spool}
        source = {"type": "sinetstream", "brokers": kafka.address(), "topic": f"soak.{ALL_FRAMES}"}
        cameras["kafka"] = {"source": source, "size": "320x240"}

    def get(self, path: str) -> Any:
        """Return the JSON of an address of the page.

        Raises:
            OSError: it cannot be reached, or answers an error.
        """
        with urllib.request.urlopen(f"http://{HOST}:{self.web_port}{path}", timeout=60) as response:
            return json.loads(response.read())

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send a command over HTTP, and return its result.

        Raises:
            OSError: the page cannot be reached, or refuses the command.
        """
        request = urllib.request.Request(
            f"http://{HOST}:{self.web_port}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())

    def __enter__(self) -> Self:
        self.broker.start()
        if self.kafka is not None:
            self.kafka.start()
            for camera in self.configuration()["cameras"]:
                make_topic(self.kafka, f"soak.{camera}", max_message_bytes="2000000")
        for peer in self.peers.values():
            peer.start()
        self.observer.start()
        self.daemon.start()
        wait_for(lambda: self.observer.subscribed.is_set(), "the observer is subscribed")
        wait_for(self._is_up, "the daemon serves its page", 30, 0.2)
        for actor in self.actors:
            actor.start()
        return self

    def _is_up(self) -> bool:
        assert self.daemon.alive, f"the daemon ended:\n{self.daemon.log[-3000:]}"
        try:
            return bool(self.get("/api/health"))
        except OSError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for peer in self.peers.values():
            peer.behaviour = Behaviour.WELL
        for actor in (*self.actors, *self.peers.values()):
            actor.stop(10)
        self.observer.stop()
        self.daemon.close()
        self.broker.stop()
        if self.kafka is not None:
            self.kafka.stop()
        self.disk.close()


def _kafka(directory: Path) -> KafkaBroker | None:
    try:
        return any_kafka(directory)
    except pytest.skip.Exception:
        return None


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
