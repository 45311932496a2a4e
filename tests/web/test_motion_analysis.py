"""`/api/cameras/<cam>/motion`: the analysis of motion detection, for those who watch it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from mqttcam.devices.camera import CameraDevice
from mqttcam.motion.observation import Finding, Observation
from mqttcam.motion.shown_cells import MASKED, MOVES
from mqttcam.web.motion_viewers import MotionViewer
from mqttcam.web.timing import Timing
from tests.support.waiting import PATIENCE, until
from tests.web.credentials import TOKEN, bearer, users
from tests.web.live_client import Live
from tests.web.serving import Served, client, serving

PATH = "/api/cameras/front/motion"
HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
CORNER = [[0.9, 0.9], [1, 0.9], [1, 1], [0.9, 1]]
CAMERA: dict[str, dict[str, Any]] = {
    "front": {
        "motion": {
            "fps": 12,
            "zones": {"gate": {"points": HALF, "threshold": 2}},
            "masks": [{"points": CORNER}],
        }
    }
}


@asynccontextmanager
async def watching(served: Served, **options: Any) -> AsyncIterator[Live]:
    async with client(served) as session, session.ws_connect(PATH, **options) as ws:
        yield Live(ws)


async def analysis(live: Live, finding: str) -> dict[str, Any]:
    """Return the next analysis with this finding."""
    while (found := await live.text("analysis"))["finding"] != finding:
        pass
    return dict(found)


def watchers(device: CameraDevice) -> int:
    assert device.motion is not None
    return len(device.motion.watchers)


async def test_the_settings_first_and_then_each_picture() -> None:
    async with serving(CAMERA) as served, watching(served) as live:
        assert await live.text("detection") == {
            "status": "on",
            "threshold": 0.5,
            "zones": [{"zone": "gate", "name": "Gate", "points": HALF, "threshold": 2, "armed": True}],
            "masks": [CORNER],
        }
        found = await analysis(live, "motion")
        cells = base64.b64decode(found["cells"])
        assert len(cells) == found["columns"] * 120
        moving = cells.count(MOVES)
        assert cells[-1] == MASKED
        assert found["score"] == pytest.approx(100 * moving / (len(cells) - cells.count(MASKED)), abs=0.01)
        assert set(found["zones"]) <= {"gate"}
        left, top, width, height = found["box"]
        assert 0 <= left <= left + width <= 1
        assert 0 <= top <= top + height <= 1
        assert (await live.text("analysis"))["seq"] > found["seq"]


async def test_each_change_is_sent() -> None:
    async with serving(CAMERA) as served, watching(served) as live, client(served) as http:
        await live.text("detection")
        await http.post("/api/cameras/front/set", json={"motion_threshold": 3, "zone_gate": "OFF"})
        changed = await live.text("detection")
        while not (changed["threshold"] == 3 and not changed["zones"][0]["armed"]):
            changed = await live.text("detection")
        await http.post("/api/cameras/front/set", json={"motion_detection": "OFF"})
        assert (await live.text("detection"))["status"] == "off"
        await http.post("/api/cameras/front/set", json={"motion_detection": "ON"})
        assert (await live.text("detection"))["status"] == "on"
        assert await analysis(live, "learning")
        await http.post(
            "/api/cameras/front/cmd/set_zones", json={"zones": {"way": {"points": CORNER}}, "masks": []}
        )
        changed = await live.text("detection")
        assert ([zone["zone"] for zone in changed["zones"]], changed["masks"]) == (["way"], [])


async def test_several_viewers_and_a_restart_of_the_camera() -> None:
    async with serving(CAMERA) as served:
        async with watching(served) as one, watching(served) as two:
            first = await analysis(one, "motion")
            while (await analysis(two, "motion"))["seq"] < first["seq"]:
                pass
            assert watchers(served.front) == 2
            await served.front.camera.restart()
            for live in (one, two):
                assert await analysis(live, "learning")
                assert await analysis(live, "motion")
            served.front.camera.set_enabled(False)
            while (await one.text("detection"))["status"] != "no_frames":
                pass
        motion = served.front.motion
        assert motion is not None
        await until(lambda: motion.detector.observer is None, "nothing is computed for nobody")


async def test_the_view_ends_with_the_camera() -> None:
    async with serving(CAMERA) as served, watching(served) as live:
        await live.text("detection")
        await served.remove("front")
        assert await live.closed() == aiohttp.WSCloseCode.TRY_AGAIN_LATER


async def test_a_heartbeat_while_there_is_nothing_to_send() -> None:
    camera = {"front": {"enabled": False, "motion": True}}
    async with serving(camera, timing=Timing(heartbeat=0.05)) as served, watching(served) as live:
        assert (await live.text("detection"))["status"] == "no_frames"
        for _ in range(3):
            assert await live.text("heartbeat") == 0.05


async def test_a_slow_client_gets_the_newest_picture_alone() -> None:
    async with serving(CAMERA) as served:
        viewer = MotionViewer(served.front)
        for seq in (1, 2):
            viewer.observe(Observation(0, seq, Finding.STILL, 0, None, (), 0, b""))
        assert viewer.news.is_set()
        newest = viewer.take()
        assert newest is not None
        assert newest.seq == 2
        assert viewer.take() is None


async def test_refusals() -> None:
    async with serving({"front": {}, "gate": {"motion": True}}, **users()) as served, client(served) as http:
        async with http.get("/api/cameras/gate/motion", headers=bearer(TOKEN)) as answer:
            assert answer.status == 426
        async with http.get(PATH, headers=bearer(TOKEN)) as answer:
            assert answer.status == 400
            error = (await answer.json())["error"]
            assert (error["code"], "motion: true" in error["message"]) == ("not_supported", True)
        for headers, status in (
            ({}, 401),
            ({**bearer(TOKEN), "Origin": "http://evil.example"}, 403),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect("/api/cameras/gate/motion", headers=headers)
            assert refused.value.status == status


async def test_the_server_stops_with_viewers() -> None:
    async with serving(CAMERA) as served, watching(served) as live:
        await live.text("detection")
        async with asyncio.timeout(PATIENCE):
            await served.server.stop()
        await live.closed()
