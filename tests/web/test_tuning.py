"""Tuning files over HTTP: names, contents and sizes that are refused leave nothing behind."""

from __future__ import annotations

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from mqttcam.camera.tuning_files import (
    MAX_BYTES,
    MAX_FILES,
    InvalidTuningFile,
    TooManyTuningFiles,
    TuningFiles,
)
from tests.web.credentials import basic, users
from tests.web.serving import client, serving

_TUNING: dict[str, Any] = {
    "version": 2.0,
    "target": "pisp",
    "algorithms": [{"rpi.black_level": {"black_level": 4096}}],
}
_DATA = json.dumps(_TUNING).encode()
_OLD = {"rpi.black_level": {"black_level": 4096}}
"""A tuning file of version 1."""


async def test_upload_list_download_and_delete() -> None:
    async with serving() as served, client(served) as http:
        created = await http.put("/api/tuning_files/imx219_mine.json", json=_TUNING)
        assert (created.status, await created.json()) == (201, {"ok": True, "name": "imx219_mine.json"})
        replaced = await http.put("/api/tuning_files/imx219_mine.json", json=_OLD)
        assert replaced.status == 200
        mine = served.directory / "tuning" / "imx219_mine.json"
        assert json.loads(mine.read_bytes()) == _OLD
        assert mine.stat().st_mode & 0o077 == 0
        listed = await (await http.get("/api/tuning_files")).json()
        assert {"name": "imx219_mine.json", "folder": "user", "used_by": []} in listed["files"]
        got = await http.get("/api/tuning_files/imx219_mine.json")
        assert await got.json() == _OLD
        assert got.headers["Content-Disposition"] == 'attachment; filename="imx219_mine.json"'
        assert (await http.delete("/api/tuning_files/imx219_mine.json")).status == 200
        assert (await http.get("/api/tuning_files/imx219_mine.json")).status == 404
        again = await http.delete("/api/tuning_files/imx219_mine.json")
        assert again.status == 404
        assert list((served.directory / "tuning").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["..%2Fvalues.json", "%2Fetc%2Fpasswd.json", ".hidden.json", "mine.txt", "a%00.json", "x" * 97 + ".json"],
)
async def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    async with serving() as served, client(served) as http:
        url = URL(f"{served.url}/api/tuning_files/{name}", encoded=True)
        answer = await http.put(url, json=_TUNING)
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], error["field"]) == (400, "invalid_value", "name")
        assert (await http.delete(url)).status == 404
        assert (await http.get(url)).status == 404
        assert not (served.directory / "tuning").exists()


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (b"{", 400, "is not JSON"),
        (b"[]", 400, "is not a JSON object"),
        (b'{"version": 2.0, "algorithms": []}', 400, "has no algorithms"),
        (b'{"target": "esp32", "algorithms": [{"rpi.agc": {}}]}', 400, "unknown target"),
        (b'{"target": [], "rpi.agc": {}}', 400, "unknown target"),
        (b'{"rpi.agc": "' + b"x" * MAX_BYTES + b'"}', 413, "may have"),
    ],
)
async def test_contents_that_are_refused(data: bytes, status: int, message: str) -> None:
    async with serving() as served, client(served) as http:
        answer = await http.put(
            "/api/tuning_files/mine.json", data=io.BytesIO(data), headers={"Content-Type": "application/json"}
        )
        error = (await answer.json())["error"]
        assert (answer.status, error["field"]) == (status, "file")
        assert message in error["message"]
        assert not (served.directory / "tuning" / "mine.json").exists()


async def test_what_a_camera_uses_is_not_deleted() -> None:
    source = {"type": "picamera2", "tuning_file": "mine.json"}
    async with serving({"front": {"source": source, "enabled": False}}) as served, client(served) as http:
        assert (await http.put("/api/tuning_files/mine.json", json=_TUNING)).status == 201
        listed = await (await http.get("/api/tuning_files")).json()
        assert {"name": "mine.json", "folder": "user", "used_by": ["front"]} in listed["files"]
        answer = await http.delete("/api/tuning_files/mine.json")
        assert (answer.status, (await answer.json())["error"]["code"]) == (409, "busy")
        assert (served.directory / "tuning" / "mine.json").exists()


async def test_what_a_preset_uses_is_not_deleted() -> None:
    presets = {"night": {"source": {"tuning_file": "noir.json"}}}
    camera = {"source": {"type": "picamera2"}, "presets": presets, "enabled": False}
    async with serving({"front": camera}) as served, client(served) as http:
        assert (await http.put("/api/tuning_files/noir.json", json=_TUNING)).status == 201
        assert (await http.delete("/api/tuning_files/noir.json")).status == 409
        assert (served.directory / "tuning" / "noir.json").exists()


async def test_a_file_that_cannot_be_read_is_reported() -> None:
    async with serving() as served, client(served) as http:
        (served.directory / "tuning").mkdir()
        huge = served.directory / "tuning" / "huge.json"
        huge.touch()
        os.truncate(huge, 2**30)
        answer = await http.get("/api/tuning_files/huge.json")
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "unavailable")


async def test_only_admins_change_them() -> None:
    async with serving(**users()) as served, client(served) as http:
        viewer, admin = basic("otto", "right"), basic("anna", "right")
        path = "/api/tuning_files/mine.json"
        assert (await http.put(path, json=_TUNING, headers=viewer)).status == 403
        assert (await http.delete(path, headers=viewer)).status == 403
        assert (await http.get("/api/tuning_files", headers=viewer)).status == 200
        assert (await http.get("/api/tuning_files")).status == 401
        assert (await http.put(path, json=_TUNING)).status == 401
        assert not (served.directory / "tuning").exists()
        assert (await http.put(path, json=_TUNING, headers=admin)).status == 201


def test_files_of_users_come_before_those_of_libcamera(tmp_path: Path) -> None:
    shipped = tmp_path / "local", tmp_path / "usr"
    for folder, platform in ((shipped[0], "vc4"), (shipped[1], "vc4"), (shipped[1], "pisp")):
        (folder / platform).mkdir(parents=True)
        (folder / platform / "imx219.json").write_bytes(_DATA)
    files = TuningFiles(tmp_path / "state", shipped)
    assert files.find("imx219.json", "vc4") == shipped[0] / "vc4" / "imx219.json"
    assert files.find("imx219.json", "pisp") == shipped[1] / "pisp" / "imx219.json"
    assert [one.folder for one in files.files()] == ["vc4", "pisp"]
    files.write("imx219.json", _DATA)
    assert files.find("imx219.json", "vc4") == tmp_path / "state" / "tuning" / "imx219.json"
    assert files.names("pisp") == ["imx219.json"]
    assert files.find(str(shipped[1] / "pisp" / "imx219.json")) is not None
    assert files.find("imx999.json") is None


def test_links_in_the_users_folder_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}", encoding="ascii")
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning" / "mine.json").symlink_to(secret)
    files = TuningFiles(tmp_path, ())
    assert files.files() == []
    with pytest.raises(OSError, match="symbolic link"):
        files.write("mine.json", _DATA)
    assert secret.read_text(encoding="ascii") == "{}"


def test_there_is_an_end_to_uploads(tmp_path: Path) -> None:
    files = TuningFiles(tmp_path, ())
    (tmp_path / "tuning").mkdir()
    for number in range(MAX_FILES):
        (tmp_path / "tuning" / f"{number}.json").write_bytes(_DATA)
    with pytest.raises(TooManyTuningFiles):
        files.write("one_more.json", _DATA)
    assert files.write("1.json", _DATA) is False
    with pytest.raises(InvalidTuningFile):
        TuningFiles(None, ()).write("../x.json", _DATA)
    assert len(os.listdir(tmp_path / "tuning")) == MAX_FILES


def test_uploads_of_one_name_at_once_leave_one_of_them_whole(tmp_path: Path) -> None:
    files = TuningFiles(tmp_path, ())
    contents = [json.dumps({"rpi.agc": {}, "x": letter * 500_000}).encode() for letter in "abcd"] * 10
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(partial(files.write, "mine.json"), contents)) == 1
    assert (tmp_path / "tuning" / "mine.json").read_bytes() in contents
    assert os.listdir(tmp_path / "tuning") == ["mine.json"]
