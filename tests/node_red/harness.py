"""Start a Node-RED with one flow, press its buttons, read its debug sidebar and node statuses, stop it.

`setup.sh` installs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.support.daemon import clean_environment
from tests.support.waiting import HOST, PATIENCE, free_port, wait_for

Flow = list[dict[str, Any]]
Event = dict[str, Any]
"""`{"topic": "debug", "data": …}` or `{"topic": "status/<node id>", "data": …}`."""

CONNECTED = "node-red:common.status.connected"

SETTINGS = {
    "uiHost": HOST,
    "flowFile": "flows.json",
    "credentialSecret": "tests",
    # The broker is the only server that it contacts.
    "telemetry": {"enabled": False, "updateNotification": False},
    "externalModules": {"palette": {"allowInstall": False}, "modules": {"allowInstall": False}},
    "editorTheme": {"tours": False},
}


def node_red_program() -> Path:
    """Return the path at which `setup.sh` installs the program; it need not exist."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = Path(os.environ.get("MQTTCAM_NODE_RED") or cache / "mqttcam-node-red")
    return root / "node_modules" / "node-red" / "red.js"


class NodeRed:
    """A Node-RED with `flow`, whose user and home folder is `directory`; a context manager."""

    def __init__(self, directory: Path, flow: Flow) -> None:
        self.directory = directory
        self.flow = flow
        self.port = free_port()
        self.events: list[Event] = []
        self._log_file = directory / "node-red.log"
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._comms: ClientConnection | None = None

    # Start and stop

    def start(self) -> Self:
        """Start, and return once the flow runs and all its MQTT nodes are connected."""
        (self.directory / "flows.json").write_text(json.dumps(self.flow))
        settings = self.directory / "settings.js"
        settings.write_text(f"module.exports = {json.dumps(SETTINGS | {'uiPort': self.port})};\n")
        command = [shutil.which("node") or "node", str(node_red_program())]
        command += ["--settings", str(settings), "--userDir", str(self.directory)]
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.directory,
                env=clean_environment(self.directory),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._answers, "Node-RED answers", 60, 0.1)
        self._comms = self._running.enter_context(connect(f"ws://{HOST}:{self.port}/comms", max_size=None))
        for topic in ("debug", "status/#"):
            self._comms.send(json.dumps({"subscribe": topic}))
        for node in self.flow:
            if node["type"] in ("mqtt in", "mqtt out"):
                self.wait_status(node["name"], lambda text: text == CONNECTED)
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Node-RED ended during its start:\n{self.log[-4000:]}"
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/flows", timeout=60) as answer:
                return answer.status == 200 and "Started flows" in self.log
        except OSError:
            return False

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._running.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    @property
    def log(self) -> str:
        """The whole log."""
        return self._log_file.read_text("utf-8", "replace") if self._log_file.exists() else ""

    # What a user does and sees

    def press(self, name: str) -> None:
        """Press the button of an inject node.

        Raises:
            urllib.error.HTTPError: if the running flow has no such node.
        """
        request = urllib.request.Request(f"http://{HOST}:{self.port}/inject/{self._id(name)}", method="POST")
        with urllib.request.urlopen(request, timeout=60):
            return

    def mark(self) -> int:
        """Return the lowest possible index of the next event, for `since`."""
        return len(self.events)

    def wait_debug(self, name: str, test: Callable[[Any], object], *, since: int = 0) -> Any:
        """Wait for a value in the debug sidebar, at or after event `since`, for which `test` is true; return it."""
        node = self._id(name)

        def shown(event: Event) -> Any:
            data = event["data"]
            if event["topic"] != "debug" or data.get("id") != node:
                return None
            value = json.loads(data["msg"]) if data["format"] == "Object" else data["msg"]
            return value if test(value) else None

        return self._wait(shown, f"{name} in the debug sidebar", since)

    def wait_status(self, name: str, test: Callable[[str], object], *, since: int = 0) -> str:
        """Wait for a status text of a node, at or after event `since`, for which `test` is true; return it."""
        topic = f"status/{self._id(name)}"

        def shown(event: Event) -> str | None:
            text = event["data"].get("text", "") if event["topic"] == topic else None
            return text if text is not None and test(text) else None

        return str(self._wait(shown, f"the status of {name}", since))

    def _id(self, name: str) -> str:
        found = [str(node["id"]) for node in self.flow if node.get("name") == name]
        assert len(found) == 1, f"{len(found)} nodes are named {name}"
        return found[0]

    def _wait(self, shown: Callable[[Event], Any], what: str, since: int, timeout: float = PATIENCE) -> Any:
        assert self._comms is not None
        end = time.monotonic() + timeout
        index = since
        while True:
            for event in self.events[index:]:
                if (value := shown(event)) is not None:
                    return value
            index = max(index, len(self.events))
            try:
                batch = json.loads(self._comms.recv(max(0.0, end - time.monotonic())))
            except TimeoutError:
                last = self.events[since:][-8:]
                raise AssertionError(
                    f"waited {timeout:g} s in vain: {what}; the last events: {last}"
                ) from None
            self.events += [event for event in batch if event["topic"] != "hb"]
