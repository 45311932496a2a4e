"""The files of the state folder, as a broken disk or a curious user leaves them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.devices.build import build_device
from mqttcam.devices.store import Store
from mqttcam.outputs.kafka.spool import SpoolQueue
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.run.health_query import query_health
from mqttcam.settings.loading.container_node import default_or_kept_node
from mqttcam.text import is_id
from mqttcam.web.revoked_sessions import RevokedSessions
from mqttcam.web.sessions import Sessions, load_session_key
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import JSON, mutated
from tests.fuzz.profile import fuzz
from tests.support.devices import camera_settings
from tests.support.pictures import jpeg

_STORED = {
    "a": {
        "enabled": {"value": False, "configured": True},
        "image_fps": {"value": "max", "configured": 1},
        "image_quality": {"value": 50, "configured": 85},
        "controls.brightness": {"value": 0.5, "configured": None},
        "motion": {"value": False, "configured": True},
        "motion_threshold": {"value": 1, "configured": 0.5},
        "outputs.kafka": {"value": False, "configured": True},
    }
}
_ENTRIES = st.fixed_dictionaries({}, optional={"value": JSON, "configured": JSON}) | JSON
_TREES = st.fixed_dictionaries({"a": st.dictionaries(st.sampled_from(sorted(_STORED["a"])), _ENTRIES)}) | JSON
_WORDS = [b"null", b"{}", b"[]", b"1e308", b"-1", b"99999999999999999999", b"[" * 2000, b'"', b"\xff", b"\0"]
VALUES = mutated([orjson.dumps(_STORED)], _WORDS) | _TREES.map(orjson.dumps)


@pytest.fixture(scope="module", autouse=True)
def _without_log() -> Iterator[None]:
    """What is broken is logged, thousands of times here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@fuzz
@given(VALUES)
def test_any_file_of_values_is_used_or_left_aside(folder: Path, data: bytes) -> None:
    path = folder / "values.json"
    for left in folder.glob("values*"):
        left.unlink()
    path.write_bytes(data)

    async def one() -> None:
        store = Store(path)
        store.load()
        device = build_device("a", camera_settings(motion=True), store)
        if store.lost is not None:
            assert not device.camera.enabled, "what is not known is private"
        assert 1 <= device.image_quality <= 100
        store.set("a", "image_quality", 7, 85)
        assert await store.save()
        again = Store(path)
        again.load()
        assert again.entries("a")["image_quality"] == (7, 85)

    with bounded():
        asyncio.run(one())


@fuzz
@given(mutated([b'{"all_until":5,"sessions":{"a":99}}'], _WORDS) | JSON.map(orjson.dumps))
def test_any_file_of_ended_sessions(folder: Path, data: bytes) -> None:
    (folder / "web.ended.json").write_bytes(data)

    async def one() -> None:
        revoked = RevokedSessions(folder, clock=lambda: 1000.0)
        await revoked.add("mine", 2000)
        assert revoked.problem is None
        assert RevokedSessions(folder, clock=lambda: 1000.0).contains("mine", 2000)

    with bounded():
        asyncio.run(one())


@fuzz
@given(
    st.binary(max_size=40),
    st.text(max_size=60) | mutated([b"e30.sig"]).map(lambda data: data.decode("latin-1")),
)
def test_any_key_and_cookie(folder: Path, key: bytes, cookie: str) -> None:
    (folder / "web.key").write_bytes(key)
    sessions = Sessions(load_session_key(folder))
    assert sessions.verify(cookie) is None
    issued = sessions.issue("user", "a", "secret")
    assert sessions.verify(issued) is not None
    assert Sessions(load_session_key(folder)).verify(issued) is not None


@fuzz
@given(st.binary(max_size=80))
def test_any_node_file(folder: Path, data: bytes) -> None:
    (folder / "node").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "gethostname", lambda: "0123456789ab")
        assert is_id(default_or_kept_node(folder, {}))


_NAMES = st.sampled_from(
    [
        "000000000001-17-1.jpg",
        "000000000003-1-1.jpg",
        "999999999998-99999999999999999999-0.jpg",
        "٠" * 12 + "-1-1.jpg",
        "x.jpg",
        "000000000002-0-0.jpg.new",
    ]
)


@fuzz
@given(st.dictionaries(_NAMES, st.sampled_from(["folder", "link", "empty", "noise", "picture"]), max_size=5))
def test_any_spool_takes_and_gives_frames(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    spool = tmp_path_factory.mktemp("spool")
    for name, kind in files.items():
        if kind == "folder":
            (spool / name).mkdir()
        elif kind == "link":
            (spool / name).symlink_to("/nonexistent")
        else:
            (spool / name).write_bytes({"empty": b"", "noise": os.urandom(300)}.get(kind, jpeg(16, 16)))
    queue = SpoolQueue(spool, 1_000_000, reserve=0)
    queue.put(QueuedMessage(b"mine", 5, 6))
    found: list[bytes] = []
    while len(found) <= len(files) and b"mine" not in found:
        frame = queue.take(2)
        if frame is not None:
            found.append(frame.payload)
            queue.done(frame)
        elif not len(queue):
            break
    queue.close()
    assert b"mine" in found, (found, queue.problem)
    assert queue.counts.taken + 1 == len(found) + queue.counts.total_dropped + len(queue)


@fuzz
@given(st.binary(max_size=200) | JSON.map(orjson.dumps))
def test_any_answer_of_the_health_socket(folder: Path, data: bytes) -> None:
    path = folder / "health.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(data)

        thread = threading.Thread(target=answer)
        thread.start()
        problems = query_health(folder)
        thread.join(5)
    assert all(isinstance(one, str) for one in problems)
    assert problems or orjson.loads(data) == []
