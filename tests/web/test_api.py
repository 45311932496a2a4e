"""The API: the same commands, results and state as over MQTT."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mqttcam.commands.request import MAX_PAYLOAD, Request
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from tests.support.devices import RecordedDaemon
from tests.support.waiting import until
from tests.web.serving import Served, client, serving

JSON = {"Content-Type": "application/json"}


async def post(served: Served, path: str, payload: bytes) -> tuple[int, dict[str, Any]]:
    async with client(served) as http:
        answer = await http.post(path, data=payload, headers=JSON)
        return answer.status, await answer.json()


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """A result without the time that it took."""
    return {key: value for key, value in result.items() if key != "took_ms"}


@pytest.mark.parametrize(
    ("command", "payload", "status"),
    [
        ("set", b'{"brightness": 0.2, "request_id": "x"}', 200),
        ("set", b"{}", 200),
        ("set", b'{"brightness": 99, "request_id": 7}', 400),
        ("set", b'{"brightnes": 0.1}', 400),
        ("set", b'{"fps": 3}', 400),
        ("set", b'{"brightness": NaN}', 400),
        ("set", b"[1]", 400),
        ("set", b"", 400),
        ("set", b"\xff\xfe", 400),
        ("set", b"[" * 5000, 400),
        ("set", b'{"request_id": {}}', 400),
        ("snapshot", b'{"quality": 0}', 400),
        ("snapshot", b'{"nope": 1}', 400),
        ("nope", b"", 404),
        ("set", b" " * (MAX_PAYLOAD + 1), 413),
    ],
)
async def test_results_are_those_of_mqtt(command: str, payload: bytes, status: int) -> None:
    async with serving() as served:
        path = "set" if command == "set" else f"cmd/{command}"
        code, result = await post(served, f"/api/cameras/front/{path}", payload)
        assert code == status
        expected = await served.registry.cameras["front"].runner.run(Request(command, payload))
        assert comparable(result) == comparable(json.loads(json.dumps(expected.as_json())))


async def test_a_body_that_is_too_large_is_refused_before_it_was_read() -> None:
    async with serving() as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        head = "POST /api/cameras/front/set HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 10000000\r\n\r\n".encode() + b"x" * (MAX_PAYLOAD + 10))
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 60)
        writer.transport.abort()


async def test_set_changes_the_state() -> None:
    async with serving() as served, client(served) as http:
        result = await (await http.post("/api/cameras/front/set", json={"brightness": 0.5})).json()
        assert result["ok"] is True
        assert result["changed"] == {"brightness": 0.5}
        state = await (await http.get("/api/cameras/front/state")).json()
        assert state["brightness"] == 0.5


async def test_state_is_the_state_topic() -> None:
    async with serving() as served, client(served) as http:
        state = await (await http.get("/api/cameras/front/state")).json()
        expected = state_of(camera_entities(served.front), served.front)
        assert list(state) == list(expected)
        assert state["enabled"] == "ON"


async def test_a_camera_that_is_off_is_503() -> None:
    async with serving({"front": {"enabled": False}}) as served:
        code, result = await post(served, "/api/cameras/front/cmd/snapshot", b"")
        assert code == 503
        assert result["error"]["code"] == "unavailable"


async def test_cameras_lists_every_entity_and_command() -> None:
    async with serving({"front": {"name": "Front door"}, "back": {}}) as served, client(served) as http:
        listing = await (await http.get("/api/cameras")).json()
        assert [camera["id"] for camera in listing["cameras"]] == ["front", "back"]
        front = listing["cameras"][0]
        assert front["name"] == "Front door"
        assert (front["width"], front["height"]) == (320, 240)
        assert [entity["key"] for entity in front["entities"]] == [
            entity.key for entity in camera_entities(served.front)
        ]
        brightness = next(entity for entity in front["entities"] if entity["key"] == "brightness")
        assert brightness["control"] == "Brightness"
        assert brightness["settable"] is True
        assert brightness["kind"]["min"] < brightness["kind"]["max"]
        assert "snapshot" in {command["name"] for command in front["commands"]}
        assert listing["node"]["id"] == "yard"
        one = await (await http.get("/api/cameras/front")).json()
        assert {key: value for key, value in one.items() if key != "state"} == {
            key: value for key, value in front.items() if key != "state"
        }
        assert (await http.get(front["snapshot"])).status == 200


async def test_node_commands() -> None:
    daemon = RecordedDaemon()
    async with serving(daemon=daemon) as served:
        code, result = await post(served, "/api/node/cmd/restart", b"")
        assert (code, result["ok"], daemon.asked) == (200, True, ["restart"])
        code, result = await post(served, "/api/node/cmd/log_level", b'{"level": "LOUD"}')
        assert code == 400
        assert result["error"]["field"] == "level"
        code, result = await post(served, "/api/node/cmd/log_level", b"{}")
        assert code == 400
        code, result = await post(served, "/api/node/cmd/set", b"{}")
        assert code == 404


async def test_a_command_is_carried_out_though_its_client_disconnects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving() as served:
        begun, go_on = asyncio.Event(), asyncio.Event()
        real = served.front.set_controls

        async def slow(values: Any) -> Any:
            begun.set()
            await go_on.wait()
            return await real(values)

        monkeypatch.setattr(served.front, "set_controls", slow)
        _, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        body = b'{"brightness": 0.25}'
        writer.write(
            b"POST /api/cameras/front/set HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await asyncio.wait_for(begun.wait(), 60)
        writer.transport.abort()
        await asyncio.sleep(0)
        go_on.set()
        await until(lambda: served.front.camera.values.get("brightness") == 0.25)


async def test_unknown_paths_and_methods() -> None:
    async with serving() as served, client(served) as http:
        missing = await http.get("/api/nothing")
        assert missing.status == 404
        assert (await missing.json())["error"]["code"] == "not_found"
        wrong = await http.get("/api/cameras/front/set")
        assert wrong.status == 405
        assert "POST" in wrong.headers["Allow"]
        assert (await wrong.json())["error"]["code"] == "method_not_allowed"


async def test_health_is_the_health_message() -> None:
    async with serving() as served, client(served) as http:
        report = await (await http.get("/api/health")).json()
        assert set(report) == set(served.registry.health.report())
        assert set(report["cameras"]) == {"front"}


async def test_internal_errors_are_json_without_details(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as served, client(served) as http:

        def broken() -> Any:
            raise RuntimeError("secret detail")

        monkeypatch.setattr(served.registry.health, "report", broken)
        answer = await http.get("/api/health")
        assert answer.status == 500
        text = await answer.text()
        assert "secret detail" not in text
        assert json.loads(text)["error"]["code"] == "internal"


async def test_a_body_that_does_not_match_its_headers() -> None:
    async with serving() as served, client(served) as http:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = await http.post("/api/cameras/front/set", data=b"not gzip", headers=headers)
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "invalid_request"
