"""Many nodes on one mosquitto and one Home Assistant: start them, and see what they do, for `many_nodes.py`."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from multiprocessing.process import BaseProcess
from pathlib import Path

from mqttcam.cli.main import main as mqttcam
from tests.bench.run import cpu_seconds
from tests.home_assistant.conftest import about_us
from tests.home_assistant.harness import HomeAssistant
from tests.support.broker import Mosquitto
from tests.support.client import Client, retained
from tests.support.daemon import configuration, pattern_camera
from tests.support.waiting import wait_for

DISCOVERY = "homeassistant/device/+/config"
LONGEST = 600.0
"""Seconds to wait for what takes much less."""
_BETWEEN_STARTS = 0.15
"""Seconds between the starts of two nodes."""
_TCP_HEADERS = 52
"""Bytes of the headers of IPv4 and TCP, with time stamps, in each segment."""
_IMPORTED = [
    __name__, "mqttcam.cli.commands", "mqttcam.run.process", "mqttcam.camera.sources.test_pattern"
]  # fmt: skip
_CONNECTED = re.compile(rb"New client connected from \S+ as (\S+)")
_TRAFFIC = re.compile(r"pid=(\d+),.* bytes_sent:(\d+) .*bytes_received:(\d+) segs_out:(\d+) segs_in:(\d+)")


def run_node(folder: Path) -> None:
    """Be a node whose configuration and log are in a folder."""
    os.chdir(folder)
    with Path("daemon.log").open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    mqttcam(["run", "-c", "config.yaml"])


@dataclass(frozen=True)
class Traffic:
    """What a node has sent and received since its present connections were made: bytes of MQTT, and TCP segments."""

    sent: int = 0
    received: int = 0
    segments: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.sent + other.sent, self.received + other.received, self.segments + other.segments)

    def __sub__(self, other: Traffic) -> Traffic:
        return self + Traffic(-other.sent, -other.received, -other.segments)

    @property
    def on_the_wire(self) -> int:
        """Bytes with the headers of TCP and IP, both ways."""
        return self.sent + self.received + self.segments * _TCP_HEADERS


class Lab:
    """A broker, a Home Assistant, the nodes, and a client that sees what the nodes announce."""

    def __init__(
        self, broker: Mosquitto, ha: HomeAssistant, client: Client, folder: Path, count: int
    ) -> None:
        self.broker, self.ha, self.client = broker, ha, client
        self.names = [f"node{number:03}" for number in range(count)]
        self.entities = 0
        self._own = frozenset(ha.states())
        self._own_log = frozenset(ha.log(logger=""))
        self._folder = folder
        self._nodes: list[BaseProcess] = []

    def start_nodes(self) -> None:
        """Start all nodes, and wait until Home Assistant has all that they announce."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_IMPORTED)
        camera = pattern_camera(size="160x120", frame_rate=1, image={"fps": 0})
        for name in self.names:
            folder = self._folder / name
            folder.mkdir()
            config = configuration(self.broker, folder, node=name, cameras={"cam": camera})
            (folder / "config.yaml").write_text(json.dumps(config))
            node = context.Process(target=run_node, args=(folder,), name=name, daemon=True)
            node.start()
            self._nodes.append(node)
            time.sleep(_BETWEEN_STARTS)
        for name in self.names:
            self.client.wait(f"mqttcam/{name}/cam/availability", lambda message: message.text == "online")
        devices = retained(self.broker, DISCOVERY).values()
        parts = [part for device in devices for part in device.json["cmps"].values()]
        self.entities = sum(part.get("en", True) for part in parts)
        self.wait_available()

    @property
    def pids(self) -> list[int]:
        """The processes of the nodes."""
        return [node.pid for node in self._nodes if node.pid is not None]

    def available(self) -> int:
        """Return how many entities of the nodes are available in Home Assistant."""
        states = self.ha.states().items()
        return sum(state["state"] != "unavailable" for one, state in states if one not in self._own)

    def wait_available(self) -> float:
        """Return the time when all entities are available."""
        wait_for(lambda: self.available() >= self.entities, f"{self.entities} entities", LONGEST, 0.25)
        return time.monotonic()

    def traffic(self) -> list[Traffic]:
        """Return that of each node."""
        command = ["ss", "-tinpHO", f"dport = :{self.broker.port}"]
        found = dict.fromkeys(self.pids, Traffic())
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            if match := _TRAFFIC.search(line):
                pid, sent, received, out, into = map(int, match.groups())
                if pid in found:
                    found[pid] += Traffic(sent, received, out + into)
        return list(found.values())

    def cpu(self) -> tuple[float, float, float]:
        """Return the processor time of the nodes, of the broker and of Home Assistant in seconds."""
        nodes = sum(cpu_seconds(pid) for pid in self.pids)
        return nodes, cpu_seconds(self.broker.pid), home_assistant_cpu(self.ha)

    def offline(self, since: int) -> int:
        """Return how often a node or camera was said to be offline, from that message on."""
        return sum(message.payload == b"offline" for message in self.client.messages[since:])

    def complaints(self) -> Counter[str]:
        """Return what is in the logs: of Home Assistant about us, of the broker about lost messages, of the nodes."""
        news = [line for line in about_us(self.ha.log(logger="")) if line not in self._own_log]
        found = Counter(f"Home Assistant: {line}" for line in news)
        found.update(f"Home Assistant, repair: {issue}" for issue in self.ha.issues())
        found.update(f"broker: {one}" for one in self.broker.log.splitlines() if "dropped" in one)
        for name in self.names:
            for line in (self._folder / name / "daemon.log").read_text().splitlines():
                if re.search(r" (WARNING|ERROR) ", line) and not line.endswith("; trying again"):
                    found[f"nodes: {line.split(' ', 2)[2]}"] += 1
        return found

    def stop(self) -> None:
        """End all nodes."""
        for node in self._nodes:
            node.terminate()
        for node in self._nodes:
            node.join(10)


@contextmanager
def connects(broker: Mosquitto) -> Iterator[list[tuple[float, str]]]:
    """Note the time and client id of each connection that the broker accepts: a line of its log."""
    found: list[tuple[float, str]] = []
    stop = threading.Event()

    def follow() -> None:
        rest = b""
        with (broker.directory / "broker.log").open("rb") as log:
            log.seek(0, os.SEEK_END)
            while not stop.wait(0.005):
                *lines, rest = (rest + log.read()).split(b"\n")
                now = time.monotonic()
                found.extend((now, match[1].decode()) for match in map(_CONNECTED.search, lines) if match)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class Answer:
    """When Home Assistant was asked, how many seconds the answer took, and its processor time in seconds by then."""

    at: float
    seconds: float
    cpu: float


@contextmanager
def answers(ha: HomeAssistant) -> Iterator[list[Answer]]:
    """Ask Home Assistant for something trivial, again and again."""
    found: list[Answer] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.05):
            with suppress(OSError, HTTPException):  # it is not running
                at = time.monotonic()
                ha.get("/api/")
                found.append(Answer(at, time.monotonic() - at, home_assistant_cpu(ha)))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def home_assistant_cpu(ha: HomeAssistant) -> float:
    """Return the processor time of Home Assistant's process in seconds; 0 while it does not run."""
    return 0.0 if ha._process is None else cpu_seconds(ha._process.pid)
