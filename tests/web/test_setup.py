"""Cameras are added, changed and removed over HTTP: in the file of a real daemon, which reloads it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from mqttcam.backup.archive import unpack
from mqttcam.devices.node import Daemon as NodeDaemon
from mqttcam.settings import Settings, load_configuration
from mqttcam.settings.editing.config_editor import ConfigEditor
from mqttcam.settings.web import WebSettings
from tests.settings.cases import problems
from tests.support.daemon import Daemon
from tests.support.waiting import wait_for
from tests.web.credentials import TOKEN, hashed
from tests.web.daemon_with_page import daemon_with_page
from tests.web.serving import client, serving

TEXT = """\
# The house
node: yard
web:
  enabled: true
  port: {port}
  edit: true
  users: {{anna: {{password_hash: {hash}}}, eve: {{password_hash: {hash}, role: viewer}}}}
state_dir: state
cameras:
  # The front door
  front:
    source: {{type: test_pattern}}   # no camera yet
    size: 320x240
"""
PATTERN: dict[str, Any] = {"source": {"type": "test_pattern"}, "size": "320x240"}


@dataclass
class Served:
    """A daemon with its file, and requests to it."""

    daemon: Daemon
    url: str
    user: str = "anna"

    @property
    def file(self) -> Path:
        return self.daemon.config_file

    def request(self, method: str, path: str, **more: Any) -> Any:
        """Send a request; return the status and the JSON."""
        login = (self.user, "right")
        answer = requests.request(method, f"{self.url}/api/{path}", auth=login, timeout=60, **more)
        return answer.status_code, answer.json()

    def state(self) -> Any:
        status, answer = self.request("GET", "setup")
        assert status == 200, answer
        return answer

    def put(self, camera: str, section: Any, **more: Any) -> Any:
        body = {"revision": self.state()["revision"], "camera": section, **more}
        return self.request("PUT", f"setup/cameras/{camera}", json=body)

    def cameras(self) -> dict[str, Any]:
        _, answer = self.request("GET", "cameras")
        return {camera["id"]: camera for camera in answer["cameras"]}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("setup")
    with daemon_with_page(folder, TEXT, hash=hashed("right")) as (daemon, url):
        yield Served(daemon, url)


@pytest.fixture
def served(started: Served) -> Iterator[Served]:
    """The daemon with its first configuration."""
    text = started.file.read_text()
    yield started
    if started.file.read_text() != text:
        started.file.write_text(text)
        assert started.request("POST", "node/cmd/reload")[0] == 200
        wait_for(lambda: list(started.cameras()) == ["front"], "the first configuration")


def test_add_change_and_remove(served: Served) -> None:
    before = served.file.read_text()
    state = served.state()
    assert state["cameras"] == [
        {
            "id": "front",
            "camera": PATTERN,
            "text": "source: {type: test_pattern}\nsize: 320x240",
            "hidden": [],
            "variables": [],
        }
    ]
    assert (state["read_only"], state["backup"]) == (None, f"{served.file}.bak")

    status, added = served.put("back", {**PATTERN, "name": "The: back"}, create=True)
    assert (status, added["ok"]) == (200, True)
    assert served.file.read_text() == before + (
        '  back:\n    source: {type: test_pattern}\n    size: 320x240\n    name: "The: back"\n'
    )
    assert Path(state["backup"]).read_text() == before
    assert served.cameras()["back"]["name"] == "The: back"
    assert served.put("back", PATTERN, create=True)[1]["error"]["field"] == "id"

    assert served.put("front", {**PATTERN, "rotation": 90})[0] == 200
    assert "    size: 320x240\n    rotation: 90\n  back:" in served.file.read_text()
    wait_for(lambda: served.cameras()["front"]["width"] == 240, "the turned picture")

    revision = served.state()["revision"]
    status, answer = served.request("DELETE", "setup/cameras/back", params={"revision": revision})
    assert (status, list(served.cameras())) == (200, ["front"]), answer
    assert served.file.read_text() == before + "    rotation: 90\n"
    assert "changed on the web page" in served.daemon.log


def test_as_text_with_the_line_of_an_error(served: Served) -> None:
    def put(text: str) -> Any:
        return served.put("new", None, text=text)

    assert put("source:\n  type: test_pattern\nsize: VGA # comment\n")[0] == 200
    assert "  new:\n    source: {type: test_pattern}\n    size: VGA\n" in served.file.read_text()
    text = served.file.read_text()
    for wrong, field, words in (
        ("source: {type: test_pattern}\nimage:\n  quality: 101\n", "image.quality", "line 3: "),
        ("source: {type: test_pattern}\nroation: 90\n", "roation", "line 2: unknown key (did you mean"),
        ("source: {type: test_pattern\n", "text", "line "),
        ("- a\n", "text", "line 1: "),
    ):
        status, answer = put(wrong)
        assert (status, answer["error"]["field"]) == (400, field), answer
        assert answer["error"]["message"].startswith(words)
    assert served.file.read_text() == text


def test_a_conflict_loses_nothing(served: Served) -> None:
    revision = served.state()["revision"]
    mine = served.file.read_text() + "# from an editor\n"
    served.file.write_text(mine)
    for method, path in (
        ("PUT", "setup/cameras/new"),
        ("DELETE", f"setup/cameras/front?revision={revision}"),
    ):
        body = {"json": {"revision": revision, "camera": PATTERN}} if method == "PUT" else {}
        status, answer = served.request(method, path, **body)
        assert (status, answer["error"]["code"], answer["error"]["field"]) == (409, "conflict", "revision")
    assert served.file.read_text() == mine


def test_refused(served: Served) -> None:
    text = served.file.read_text()
    for section, field in (
        ({**PATTERN, "kafka": {"topic": "a"}}, "kafka"),
        ({"source": {"type": "file", "path": "/etc/passwd"}}, "source.path"),
        ({**PATTERN, "size": "1x"}, "size"),
        ({**PATTERN, "image": {"fps": 1, "schedule": "at sunrise"}}, "image.schedule"),
    ):
        status, answer = served.put("front", section)
        assert (status, answer["error"]["field"]) == (400, field)
        assert answer["error"]["allowed"]
    deep: Any = {}
    for _ in range(600):
        deep = {"a": deep}
    assert served.put("front", {**PATTERN, "motion": deep})[0] == 400
    assert served.request("PUT", "setup/cameras/x", json=[])[0] == 400
    assert served.request("PUT", "setup/cameras/x", json={"camera": 1})[1]["error"]["field"] == "camera"
    assert served.file.read_text() == text


def test_who_may(served: Served) -> None:
    eve = Served(served.daemon, served.url, user="eve")
    assert eve.request("GET", "setup")[0] == 403
    assert eve.request("PUT", "setup/cameras/x", json={})[0] == 403
    assert eve.request("GET", "session")[1]["edit"] is False
    assert served.request("GET", "session")[1]["edit"] is True
    other_site = {"Origin": "http://evil.example"}
    for method, path in (
        ("POST", "setup/test"),
        ("PUT", "setup/cameras/x"),
        ("DELETE", "setup/cameras/front"),
    ):
        assert served.request(method, path, headers=other_site)[0] == 403


def test_a_picture_before_anything_is_written(served: Served) -> None:
    text = served.file.read_text()
    status, answer = served.request(
        "POST", "setup/test", json={"id": "new", "camera": {**PATTERN, "rotation": 90}}
    )
    assert (status, answer["width"], answer["height"], answer["model"]) == (200, 240, 320, "Test pattern"), (
        answer
    )
    assert base64.b64decode(answer["picture"]).startswith(b"\xff\xd8")
    nothing = {"type": "url", "url": "http://127.0.0.1:9/x.jpg", "timeout": 1}
    status, answer = served.request("POST", "setup/test", json={"id": "new", "camera": {"source": nothing}})
    assert (status, answer["error"]["field"]) == (503, "source")
    assert "refused" in answer["error"]["message"]
    assert served.file.read_text() == text
    assert list(served.cameras()) == ["front"]


def test_a_backup_has_no_secret(served: Served) -> None:
    answer = requests.get(f"{served.url}/api/setup/backup", auth=("anna", "right"), timeout=60)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="mqttcam-yard-')
    contents = unpack(answer.content)
    assert {"README.txt", "config.yaml"} <= contents.keys()
    assert hashed("right").encode() not in b"".join(contents.values())
    assert b"# The front door\n" in contents["config.yaml"]
    assert requests.get(f"{served.url}/api/setup/backup", timeout=60).status_code == 401


def test_cameras_of_this_machine(served: Served) -> None:
    status, answer = served.request("GET", "setup/found")
    assert status == 200
    assert {"type": "test_pattern"} in [camera["source"] for camera in answer["cameras"]]


def test_a_file_that_cannot_be_written_is_said_before(served: Served) -> None:
    text = served.file.read_text()
    kept = served.file.with_name("kept.yaml")
    served.file.rename(kept)
    served.file.symlink_to(kept)
    try:
        assert "symbolic link" in served.state()["read_only"]
        status, answer = served.put("new", PATTERN)
        assert (status, answer["error"]["code"]) == (409, "read_only")
        status, answer = served.request("POST", "setup/check", json={"id": "new", "camera": PATTERN})
        assert answer["text"] == "cameras:\n  new:\n    source: {type: test_pattern}\n    size: 320x240\n"
        assert kept.read_text() == text
    finally:
        kept.replace(served.file)


class FailingDaemon(NodeDaemon):
    """A daemon whose reload can be applied only after the file was put back."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seen: list[bool] = []

    async def reload(self) -> None:
        self.seen.append("new:" in self.file.read_text())

    async def applied(self) -> str | None:
        return "OSError: no threads" if self.seen[-1] else None


async def test_a_change_that_cannot_be_applied_is_undone(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("web: {enabled: true, edit: true}\ncameras: {}\n")

    def read(text: str | None) -> Settings:
        return load_configuration(file, {}, text).settings

    daemon = FailingDaemon(file)
    editor = ConfigEditor(file, read, {})
    async with serving({}, daemon=daemon, editor=editor, edit=True) as served, client(served) as http:
        revision = (await (await http.get("/api/setup")).json())["revision"]
        body = {"revision": revision, "camera": PATTERN}
        answer = await http.put("/api/setup/cameras/new", json=body)
        assert answer.status == 503
        assert "OSError: no threads" in (await answer.json())["error"]["message"]
    assert daemon.seen == [True, False]
    assert file.read_text() == "web: {enabled: true, edit: true}\ncameras: {}\n"


async def test_off_by_default() -> None:
    async with serving() as served, client(served) as http:
        answer = await http.get("/api/setup")
        assert answer.status == 403
        assert (await answer.json())["error"]["field"] == "web.edit"
        assert (await (await http.get("/api/session")).json())["edit"] is False


def test_not_for_everyone_on_the_network(tmp_path: Path) -> None:
    everyone = "web: {enabled: true, host: 0.0.0.0, allow_unauthenticated: true, edit: true}\n"
    [problem] = problems(tmp_path, everyone)
    assert problem.key == "web.edit"
    assert "`users` or `tokens`" in str(problem)
    WebSettings.model_validate({"enabled": True, "edit": True})
    with_token = {
        "tokens": {"a": {"token": TOKEN}},
        "allow_unauthenticated": True,
        "host": "0.0.0.0",
        "edit": True,
    }
    assert WebSettings.model_validate(with_token).edit


def test_mode_of_the_file(served: Served) -> None:
    os.chmod(served.file, 0o600)
    assert served.put("new", PATTERN)[0] == 200
    assert served.file.stat().st_mode & 0o777 == 0o600
