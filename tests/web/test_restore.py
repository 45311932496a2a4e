"""A backup is restored over HTTP: in the file of a real daemon, which reloads it."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from mqttcam.backup.archive import pack, unpack
from mqttcam.backup.restored import RESTORED
from mqttcam.settings import Settings, load_configuration
from mqttcam.settings.editing.config_editor import ConfigEditor
from mqttcam.web import backups
from tests.support.daemon import Daemon
from tests.support.waiting import until, wait_for
from tests.web.credentials import hashed
from tests.web.daemon_with_page import daemon_with_page
from tests.web.serving import client, serving
from tests.web.test_setup import FailingDaemon

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
  net:
    source: {{type: url, url: "http://anna@127.0.0.1:9/a.jpg", password: letmein}}
    enabled: false
"""
TUNING = json.dumps({"version": 2.0, "target": "pisp", "algorithms": [{"rpi.black_level": {}}]}).encode()
SERIES = b'{"started": 1.0, "pictures": 7, "frames": 0}'
VALUES = b'{"front": {"enabled": {"value": false, "configured": true}}}'
LAUGHS = b"a: &a [b,b]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (n + 1, n + 1, n, n) for n in range(97, 121))
"""The billion laughs: each list has the one before twice."""
MANY = b"cameras:\n" + b"".join(b"  c%d: {source: {type: test_pattern}}\n" % n for n in range(2000))
"""More cameras than can be changed in a reasonable time."""
ZIP = {"Content-Type": "application/zip"}


@dataclass
class Served:
    """A daemon with its file, and requests to it."""

    daemon: Daemon
    url: str

    @property
    def file(self) -> Path:
        return self.daemon.config_file

    @property
    def state(self) -> Path:
        return self.file.parent / "state"

    def post(self, path: str, data: bytes, user: str = "anna", **headers: str) -> Any:
        """Send an archive; return the status and the JSON."""
        url, login = f"{self.url}/api/setup/{path}", (user, "right")
        answer = requests.post(url, data, auth=login, timeout=60, headers=ZIP | headers)
        return answer.status_code, answer.json()

    def backup(self) -> dict[str, bytes]:
        url = f"{self.url}/api/setup/backup"
        return unpack(requests.get(url, auth=("anna", "right"), timeout=60).content)

    def look(self, contents: dict[str, bytes]) -> Any:
        status, answer = self.post("restore/check", pack(contents))
        assert status == 200, answer
        return answer

    def restore(self, contents: dict[str, bytes]) -> Any:
        status, answer = self.post(f"restore?revision={self.look(contents)['revision']}", pack(contents))
        assert status == 200, answer
        return answer

    def cameras(self) -> list[str]:
        answer = requests.get(f"{self.url}/api/cameras", auth=("anna", "right"), timeout=60).json()
        return [camera["id"] for camera in answer["cameras"]]

    def rewrite(self, text: str) -> None:
        self.file.write_text(text)
        url = f"{self.url}/api/node/cmd/reload"
        assert requests.post(url, auth=("anna", "right"), timeout=60).json()["ok"]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("restore")
    with daemon_with_page(folder, TEXT, hash=hashed("right")) as (daemon, url):
        yield Served(daemon, url)


@pytest.fixture
def served(started: Served) -> Iterator[Served]:
    """The daemon with its first configuration."""
    text = started.file.read_text()
    yield started
    (started.state / RESTORED).unlink(missing_ok=True)
    if started.file.read_text() != text:
        started.rewrite(text)
        wait_for(lambda: started.cameras() == ["front", "net"], "the first configuration")


def by_id(answer: Any) -> dict[str, Any]:
    return {camera["id"]: camera for camera in answer["cameras"]}


def test_cameras_are_as_they_were(served: Served) -> None:
    before, saved = served.file.read_text(), served.backup()
    assert not any(one["change"] != "unchanged" for one in served.look(saved)["cameras"])
    other = before.replace("size: 320x240", "size: 640x480\n    rotation: 90")
    other += "  back: {source: {type: test_pattern}, size: 320x240}\n"
    served.rewrite(other)
    wait_for(lambda: "back" in served.cameras(), "the other configuration")
    found = served.look(saved)
    assert [(one["id"], one["change"], one["keys"]) for one in found["cameras"]] == [
        ("front", "changed", ["size", "rotation"]),
        ("net", "unchanged", []),
        ("back", "removed", []),
    ]
    assert (found["sections"], found["read_only"], found["restart"]) == ([], None, False)
    assert served.file.read_text() == other, "nothing is written for a look"
    assert served.restore(saved)["cameras"] == found["cameras"]
    assert served.file.read_text() == before
    assert served.file.with_name("config.yaml.bak").read_text() == other
    assert served.cameras() == ["front", "net"]
    assert "changed on the web page" in served.daemon.log


def test_an_address_that_was_left_out_is_missing_where_the_camera_is_gone(served: Served) -> None:
    before, saved = served.file.read_text(), served.backup()
    assert b"127.0.0.1" not in saved["config.yaml"]
    served.rewrite(before.partition("  net:")[0].replace("320x240", "640x480"))
    wait_for(lambda: served.cameras() == ["front"], "the other configuration")
    found = by_id(served.restore(saved))
    assert (found["front"]["change"], found["net"]["change"]) == ("changed", "refused")
    assert "add the camera by hand" in found["net"]["reason"]
    assert found["net"]["left_out"] == ["source.password"]
    assert served.file.read_text() == before.partition("  net:")[0], "the others are restored"


def with_config(text: str) -> dict[str, bytes]:
    return {"config.yaml": text.encode()}


def test_a_crafted_backup_sends_no_secret_elsewhere(served: Served) -> None:
    saved = served.backup()["config.yaml"].decode()
    start = saved.index("url: ")
    end = saved.index(",", start)
    elsewhere = f'{saved[:start]}url: "http://127.0.0.1:10/b.jpg"{saved[end:]}'
    assert by_id(served.restore(with_config(elsewhere)))["net"]["keys"] == ["source"]
    text = served.file.read_text()
    assert "http://127.0.0.1:10/b.jpg" in text
    assert "letmein" not in text


def test_other_sections_stay(served: Served) -> None:
    before = served.file.read_text()
    other = before.replace("edit: true", "edit: false").replace("role: viewer", "role: admin")
    other += "mqtt: {host: elsewhere.example}\nlog: {level: debug}\n"
    found = served.restore(with_config(other.replace("320x240", "640x480")))
    assert set(found["sections"]) == {"web", "mqtt", "log"}
    assert served.file.read_text() == before.replace("320x240", "640x480")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{source: {type: file, path: /etc/passwd}}", "source.path: is not in a folder for pictures"),
        ("{source: {type: file, path: /srv/a.raw, format: yuv420, size: VGA}}", "source.format: "),
        ("{source: {type: tcp, port: 5000}}", "source.type: cannot be chosen on the page"),
        ("{source: {type: test_pattern}, overlay: {text: a, font: /etc/passwd}}", "overlay.font: is a file"),
        ("{source: {type: test_pattern}, size: 1x1}", "size: "),
        ("{source: {type: test_pattern}, image: {fsp: 1}}", "image.fsp: "),
        ("{source: {type: url, password_file: /etc/passwd}}", "add the camera by hand"),
    ],
)
def test_what_the_page_may_not_change_is_refused_in_words(served: Served, section: str, words: str) -> None:
    before = served.file.read_text()
    crafted = with_config(f"{before}  new: {section}\n")
    new = by_id(served.restore(crafted))["new"]
    assert (new["change"], words in new["reason"]) == ("refused", True), new
    assert served.file.read_text() == before


def test_keys_that_are_not_restored_are_named(served: Served) -> None:
    section = "{source: {type: test_pattern}, tcp: {host: elsewhere.example, port: 5000}, roation: 90}"
    crafted = with_config(f"{served.file.read_text()}  new: {section}\n")
    new = by_id(served.restore(crafted))["new"]
    assert (new["change"], new["left_out"]) == ("added", ["tcp", "roation"])
    assert "elsewhere.example" not in served.file.read_text()


def test_values_tuning_files_and_series(served: Served) -> None:
    before = served.file.read_text()
    contents = {"values.json": VALUES, "tuning/mine.json": TUNING, "series/front/garden.json": SERIES}
    found = served.look(contents)
    assert (found["cameras"], found["values"], found["series"]) == ([], ["front"], ["front/garden"])
    assert found["tuning_files"] == [{"name": "mine.json", "change": "added"}]
    assert found["restart"] is True
    assert not (served.state / "tuning" / "mine.json").exists()
    served.restore(contents)
    assert (served.state / RESTORED).read_bytes() == VALUES
    assert (served.state / "tuning" / "mine.json").read_bytes() == TUNING
    garden = served.state / "recordings" / "front" / "series" / "garden" / "series.json"
    assert json.loads(garden.read_bytes())["pictures"] == 7
    again = served.look(contents | {"tuning/mine.json": TUNING.replace(b"{}", b'{"a": 1}')})
    assert (again["series"], again["tuning_files"][0]["change"]) == ([], "replaced")
    assert served.look(contents)["tuning_files"] == []
    assert served.file.read_text() == before


def zipped(name: str, content: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        zipped("config.yaml", b"a")[:-30],
        zipped("holiday.jpg", b"a"),
        zipped("../config.yaml", b"a"),
        zipped("config.yaml", bytes(100_000_000)),
        zipped("config.yaml", b"\xff\xfe"),
        zipped("config.yaml", b"cameras: ["),
        zipped("config.yaml", b"- a"),
        zipped("config.yaml", b"cameras: [a]"),
        zipped("config.yaml", b"cameras: {front: 1}"),
        zipped("config.yaml", b"a: " + b"[" * 5000),
        zipped("config.yaml", LAUGHS),
        zipped("values.json", b"[]"),
        zipped("values.json", b'{"front": 1}'),
        zipped("values.json", b"[" * 100_000),
        zipped("tuning/mine.json", b"{}"),
        zipped("series/front/garden.json", b'{"started": "soon"}'),
        zipped("series/front/garden.json", b'{"started": Infinity}'),
        zipped("series/front/garden.json", b'{"started": 1e30}'),
        zipped("series/front/garden.json", b'{"started": 1, "pictures": 100000000000000000000}'),
        zipped("config.yaml", MANY),
        zipped("series/front/garden.json", b'{"started": 1, "video": "../../a.mp4"}'),
    ],
)  # fmt: skip
def test_garbage_bombs_and_foreign_archives(served: Served, data: bytes) -> None:
    before = served.file.read_text()
    for path in ("restore/check", "restore"):
        status, answer = served.post(path, data)
        assert (status, answer["error"]["field"]) == (400, "archive"), answer
        assert answer["error"]["message"]
    assert served.file.read_text() == before
    assert not (served.state / RESTORED).exists()


def test_size_and_kind_of_the_body(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.post("restore", bytes(backups.MAX_ARCHIVE + 1))[0] == 413
    status, answer = served.post("restore", b"{}", **{"Content-Type": "application/json"})
    assert (status, answer["error"]["allowed"]) == (415, ["application/zip"])


def test_who_may(served: Served) -> None:
    archive = pack(served.backup())
    for path in ("restore/check", "restore"):
        assert served.post(path, archive, user="eve")[0] == 403
        assert served.post(path, archive, user="mallory")[0] == 401
        assert served.post(path, archive, Origin="http://evil.example")[0] == 403


async def test_off_by_default() -> None:
    async with serving() as served, client(served) as http:
        for path in ("restore/check", "restore"):
            async with http.post(
                f"/api/setup/{path}", data=pack({"values.json": VALUES}), headers=ZIP
            ) as answer:
                assert (answer.status, (await answer.json())["error"]["field"]) == (403, "web.edit")


def test_a_conflict_writes_nothing(served: Served) -> None:
    contents = with_config(served.file.read_text().replace("320x240", "640x480")) | {"values.json": VALUES}
    revision = served.look(contents)["revision"]
    mine = served.file.read_text() + "# from an editor\n"
    served.file.write_text(mine)
    status, answer = served.post(f"restore?revision={revision}", pack(contents))
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (409, "conflict", "revision")
    assert served.file.read_text() == mine
    assert not (served.state / RESTORED).exists()


def test_a_file_that_cannot_be_written_is_said_before(served: Served) -> None:
    contents = with_config(served.file.read_text().replace("320x240", "640x480"))
    contents |= {"values.json": VALUES, "tuning/later.json": TUNING}
    kept = served.file.with_name("kept.yaml")
    served.file.rename(kept)
    served.file.symlink_to(kept)
    try:
        assert "symbolic link" in served.look(contents)["read_only"]
        status, answer = served.post("restore", pack(contents))
        assert (status, answer["error"]["code"]) == (409, "read_only")
        assert not (served.state / RESTORED).exists()
        assert not (served.state / "tuning" / "later.json").exists()
        assert served.look({"values.json": VALUES})["read_only"] is None, "it is not needed"
    finally:
        kept.replace(served.file)


def test_a_state_folder_that_refuses_a_file_changes_no_camera(served: Served) -> None:
    before = served.file.read_text()
    contents = with_config(before.replace("320x240", "640x480")) | {"tuning/other.json": TUNING}
    tuning = served.state / "tuning"
    tuning.mkdir(exist_ok=True)
    (tuning / "other.json").symlink_to("/nowhere")
    try:
        status, answer = served.post("restore", pack(contents))
        assert (status, "symbolic link" in answer["error"]["message"]) == (503, True), answer
        assert served.file.read_text() == before
    finally:
        (tuning / "other.json").unlink()


async def test_what_cannot_be_applied_is_undone(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = "web: {enabled: true, edit: true}\ncameras: {}\n"
    file.write_text(text)

    def read(changed: str | None) -> Settings:
        return load_configuration(file, {}, changed).settings

    archive = pack(with_config(text.replace("{}", "{new: {source: {type: test_pattern}}}")))
    daemon, editor = FailingDaemon(file), ConfigEditor(file, read, {})
    async with (
        serving({}, daemon=daemon, editor=editor, edit=True) as served,
        client(served) as http,
        http.post("/api/setup/restore", data=archive, headers=ZIP) as answer,
    ):
        assert answer.status == 503
        assert "OSError: no threads" in (await answer.json())["error"]["message"]
    assert daemon.seen == [True, False]
    assert file.read_text() == text


@pytest.mark.parametrize("path", ["restore", "restore/check"])
async def test_one_at_a_time_even_if_its_client_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("web: {enabled: true, edit: true}\n")
    begun, go_on = threading.Event(), threading.Event()

    def unpack_slowly(data: bytes) -> dict[str, bytes]:
        begun.set()
        assert go_on.wait(60)
        return unpack(data)

    monkeypatch.setattr(backups, "unpack", unpack_slowly)
    editor = ConfigEditor(file, lambda text: load_configuration(file, {}, text).settings, {})
    async with serving({}, editor=editor, edit=True) as served, client(served) as http:
        context = served.server._context
        data = pack({"series/front/garden.json": SERIES})
        asking = asyncio.ensure_future(http.post(f"/api/setup/{path}", data=data, headers=ZIP))
        await until(begun.is_set, "the archive is unpacked")
        assert len(context.requests) == 1
        asking.cancel()
        await until(lambda: not len(context.requests), "the request has ended")
        assert context.restoring.locked()
        go_on.set()
        await until(lambda: not context.restoring.locked(), "the work has ended")
