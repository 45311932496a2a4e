"""Start, query and stop the Home Assistant in the chroot that `setup.sh` makes.

Queries use its REST and websocket APIs. `launch.py` starts it inside the chroot.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import HOST, PATIENCE, free_port, wait_for

MQTT = "homeassistant.components.mqtt"
WARNING = 30
INFO = 20


def ha_root() -> Path:
    """Return the chroot's folder, which need not exist."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("MQTTCAM_HA_ROOT") or cache / "home-assistant-lab")


def ha_version(root: Path) -> str | None:
    """Return the version of the Home Assistant in a chroot, or None."""
    found = sorted(root.glob("opt/ha/lib/python3*/site-packages/homeassistant-*.dist-info"))
    return found[-1].name.removeprefix("homeassistant-").removesuffix(".dist-info") if found else None


class HomeAssistant:
    """A Home Assistant whose MQTT integration is connected to a broker of this machine; a context manager."""

    def __init__(
        self, mqtt_port: int, root: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._root = (root or ha_root()).resolve()
        self._mqtt_port = mqtt_port
        self._environment = dict(environment or {})
        self.port = free_port()
        runs = self._root / "srv" / "mqttcam-tests"
        runs.mkdir(parents=True, exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
        (self.directory / "config").mkdir()
        (self.directory / "config" / "configuration.yaml").touch()
        self._log_file = self.directory / "log.jsonl"
        self._token_file = self.directory / "token"
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: ClientConnection | None = None
        self._call = ExitStack()
        self._numbers = itertools.count(1)

    # Start and stop

    def start(self) -> Self:
        """Start, and return once it runs and its MQTT integration is loaded."""
        shutil.copy(Path(__file__).with_name("launch.py"), self.directory)
        inside = Path("/") / self.directory.relative_to(self._root)
        environment = {
            "PATH": "/opt/ha/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(inside),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HA_TEST_PORT": str(self.port),
            "HA_TEST_MQTT_PORT": str(self._mqtt_port),
            "HA_TEST_LOG_FILE": str(inside / "log.jsonl"),
            "HA_TEST_TOKEN_FILE": str(inside / "token"),
            **self._environment,
        }
        command = [shutil.which("chroot") or "/usr/sbin/chroot", str(self._root), "/opt/ha/bin/python"]
        command += [str(inside / "launch.py"), "-c", str(inside / "config"), "--skip-pip", "--log-no-color"]
        with (self.directory / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        wait_for(self._runs, "Home Assistant runs", 120, 0.1)
        wait_for(self._mqtt_loaded, "its MQTT integration is loaded")
        return self

    def stop(self) -> None:
        """Stop cleanly, with SIGTERM."""
        self._hang_up()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        """Stop and start, keeping its configuration folder."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _runs(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            out = (self.directory / "out.log").read_text("utf-8", "replace")
            raise AssertionError(f"Home Assistant ended: {self._process.returncode}\n{out[-4000:]}")
        if not self._token_file.exists():
            return False
        with suppress(OSError, ValueError):
            status, _, body = self.get("/api/config")
            return status == 200 and json.loads(body)["state"] == "RUNNING"
        return False

    def _mqtt_loaded(self) -> bool:
        entries: list[dict[str, Any]] = self.ask("config_entries/get", domain="mqtt")
        return [entry["state"] for entry in entries] == ["loaded"]

    # Queries

    @property
    def token(self) -> str:
        """An access token of its administrator."""
        return self._token_file.read_text()

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Send a GET request to its REST API; return the status, content type and body."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}{path}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers.get("content-type", ""), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, "", error.read()

    def ask(self, kind: str, **arguments: Any) -> Any:
        """Send a command to its websocket API and return the result.

        Raises:
            AssertionError: Home Assistant reported an error.
        """
        try:
            return self._ask(kind, arguments)
        except (WebSocketException, OSError):
            self._hang_up()  # the connection is older than a restart
            return self._ask(kind, arguments)

    def _hang_up(self) -> None:
        self._socket = None
        self._call.close()

    @contextmanager
    def state_changes(self) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """Record the events `state_changed`, of which each is a row of its database; yield what returns them."""
        found: list[dict[str, Any]] = []
        with self._connect() as socket:
            numbers = itertools.count(1)

            def ask(**command: Any) -> None:
                number = next(numbers)
                socket.send(json.dumps({"id": number, **command}))
                while (answer := json.loads(socket.recv(30)))["type"] == "event" or answer["id"] != number:
                    if answer["type"] == "event":
                        found.append(answer["event"]["data"])

            def so_far() -> list[dict[str, Any]]:
                ask(type="ping")
                return found

            ask(type="subscribe_events", event_type="state_changed")
            yield so_far

    @contextmanager
    def _connect(self) -> Iterator[ClientConnection]:
        address = f"ws://{HOST}:{self.port}/api/websocket"
        with connect(address, max_size=None, open_timeout=30, ping_interval=None) as socket:
            assert json.loads(socket.recv(30))["type"] == "auth_required"
            socket.send(json.dumps({"type": "auth", "access_token": self.token}))
            assert json.loads(socket.recv(30))["type"] == "auth_ok"
            yield socket

    def _ask(self, kind: str, arguments: dict[str, Any]) -> Any:
        if self._socket is None:
            self._socket = self._call.enter_context(self._connect())
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "type": kind, **arguments}))
        while (answer := json.loads(self._socket.recv(30)))["id"] != number:
            continue
        assert answer["success"], f"{kind} {arguments}: {answer['error']}"
        return answer["result"]

    def call(self, service: str, entity_id: str, **data: Any) -> None:
        """Perform an action on an entity, as a user does with a click."""
        domain, _, name = service.partition(".")
        self.ask(
            "call_service", domain=domain, service=name, service_data=data, target={"entity_id": entity_id}
        )

    def entities(self) -> dict[str, dict[str, Any]]:
        """Return the MQTT integration's entries of the entity registry, by unique id."""
        ids = [e["entity_id"] for e in self.ask("config/entity_registry/list") if e["platform"] == "mqtt"]
        entries = self.ask("config/entity_registry/get_entries", entity_ids=ids) if ids else {}
        return {entry["unique_id"]: entry for entry in entries.values() if entry}

    def entity_id(self, unique_id: str, timeout: float = PATIENCE) -> str:
        """Wait for an entity and return its entity id."""
        entry = wait_for(lambda: self.entities().get(unique_id), f"an entity {unique_id}", timeout, 0.1)
        return str(entry["entity_id"])

    def device(self, identifier: str) -> dict[str, Any] | None:
        """Return the MQTT device with an identifier, or None."""
        for device in self.ask("config/device_registry/list"):
            if ["mqtt", identifier] in device["identifiers"]:
                found: dict[str, Any] = device
                return found
        return None

    def delete_device(self, identifier: str) -> None:
        """Delete a device, as the button on its page does."""
        device = self.device(identifier)
        assert device is not None, f"no device {identifier}"
        self.ask("config/device_registry/remove", device_id=device["id"])

    def states(self) -> dict[str, dict[str, Any]]:
        """Return all states, by entity id."""
        return {state["entity_id"]: state for state in self.ask("get_states")}

    def wait_state(self, entity_id: str, test: object, timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait until an entity's state equals a value, or a function of it returns true; return the state object."""
        fits: Callable[[str], object] = test if callable(test) else lambda value: value == test
        last: list[Any] = [None]

        def there() -> dict[str, Any] | None:
            last[0] = state = self.states().get(entity_id)
            return state if state is not None and fits(state["state"]) else None

        try:
            return wait_for(there, f"{entity_id} is {test}", timeout, 0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {last[0]}") from None

    def picture(self, entity_id: str) -> bytes | None:
        """Return the picture of a camera or image entity, or None if it has none yet."""
        domain = entity_id.partition(".")[0]
        status, content_type, body = self.get(f"/api/{domain}_proxy/{entity_id}")
        return body if status == 200 and content_type.startswith("image/jpeg") else None

    def issues(self) -> list[dict[str, Any]]:
        """Return the repair issues that concern MQTT."""
        return [i for i in self.ask("repairs/list_issues")["issues"] if "mqtt" in json.dumps(i)]

    # Its log

    def log(self, level: int = WARNING, logger: str = MQTT, since: float = 0.0) -> list[str]:
        """Return a logger's messages at or above a level, written at or after `since` (Unix seconds)."""
        found = []
        for line in self._log_file.read_text("utf-8").splitlines():
            record = json.loads(line)
            if record["level"] >= level and record["logger"].startswith(logger) and record["time"] >= since:
                found.append(str(record["message"]))
        return found

    def wait_birth(self, since: float) -> None:
        """Wait for a birth message published at or after `since` (Unix seconds)."""
        wait_for(
            lambda: any(re.search("birth message sent", line) for line in self.log(INFO, since=since)),
            "the birth message",
            60,
            0.1,
        )


def now() -> float:
    """Return the time now, in Unix seconds, for `since`."""
    return time.time()
