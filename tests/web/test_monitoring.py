"""`/healthz` and `/metrics`."""

from __future__ import annotations

import socket

from prometheus_client.parser import text_string_to_metric_families

from mqttcam.backoff import Backoff
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import Source, SourceError
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.wakeup import Wakeup
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.tcp import TcpOutput
from mqttcam.settings.outputs import TcpOutputSettings
from tests.support.waiting import until
from tests.web.serving import Served, client, serving, watching


async def samples(served: Served) -> dict[tuple[str, str], float]:
    """Return every sample by its name and camera."""
    async with client(served) as http:
        answer = await http.get("/metrics")
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        text = await answer.text()
    return {
        (sample.name, sample.labels.get("camera", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_healthy() -> None:
    async with serving() as served, client(served) as http:
        answer = await http.get("/healthz")
        assert answer.status == 200
        assert await answer.json() == {"ok": True, "problems": []}


async def test_problems_are_listed() -> None:
    async with serving() as served, client(served) as http:
        served.registry.node.add_check(lambda: "mqtt: not connected")
        answer = await http.get("/healthz")
        assert answer.status == 503
        assert await answer.json() == {"ok": False, "problems": ["mqtt: not connected"]}


async def test_healthz_has_ids_and_the_page_has_names() -> None:
    nothing = {"type": "file", "path": "nowhere.jpg"}
    cameras: dict[str, dict[str, object]] = {
        "shed": {"name": "Shed", "enabled": False, "source": nothing},
        "front": {"name": "Front door"},
    }
    async with serving(cameras) as served, client(served) as http:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        output = TcpOutput()
        served.registry.health.present.outputs = [output]
        for device in served.registry.devices.values():
            settings = device.settings.model_copy(
                update={"tcp": TcpOutputSettings(host="127.0.0.1", port=port)}
            )
            output.attach(CameraFeed(device.id, settings, device.camera.hub, PictureSpec, lambda: None))
        try:
            served.registry.node.add_check(lambda: "the broker is away")
            served.front.set_enabled(True)
            await until(lambda: served.front.camera.last_error)
            await until(lambda: ["shed", "front"] in output.problems().values())
            (why,) = output.problems()
            answer = await http.get("/healthz")
            assert (await answer.json())["problems"] == [
                "the broker is away", f"tcp shed, front: {why}", f"camera shed: {served.front.camera.last_error}",
            ]  # fmt: skip
            assert served.registry.health.notices() == [
                "the broker is away", f"Shed, Front door: TCP: {why}", f"Shed: {served.front.camera.last_error}",
            ]  # fmt: skip
        finally:
            await output.stop()


async def test_a_camera_that_is_switched_off_is_healthy() -> None:
    async with serving({"front": {"enabled": False}}) as served, client(served) as http:
        await until(lambda: served.front.camera.status is CameraStatus.OFF)
        assert (await http.get("/healthz")).status == 200


async def test_metrics_are_the_entities_in_base_units() -> None:
    async with serving({"front": {}, "back": {"enabled": False}}) as served, watching(served) as parts:
        await parts.next()
        await until(lambda: served.front.camera.stats.fps)
        found = await samples(served)
        assert found["mqttcam_camera_up", "front"] == 1
        assert found["mqttcam_camera_up", "back"] == 0
        assert found["mqttcam_camera_frames_total", "front"] > 0
        assert found["mqttcam_camera_fps", "front"] > 0
        assert found["mqttcam_camera_frame_age_seconds", "front"] < 60
        assert found["mqttcam_camera_restarts_total", "front"] == 0
        assert found["mqttcam_camera_dropped_frames_total", "front"] >= 0
        assert found["mqttcam_camera_image_quality_ratio", "front"] == 0.85
        assert found["mqttcam_camera_viewers", "front"] == 1
        assert found["mqttcam_node_memory_bytes", ""] > 1e6
        assert found["mqttcam_problems", ""] == 0
        assert found["mqttcam_web_frames_sent_total", ""] >= 1
        assert found["process_cpu_seconds_total", ""] > 0
        # What is unknown has no sample; it is not 0.
        assert ("mqttcam_camera_frame_age_seconds", "back") not in found


async def test_open_metrics_by_accept_header() -> None:
    async with serving() as served, client(served) as http:
        answer = await http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.content_type == "application/openmetrics-text"
        assert (await answer.text()).endswith("# EOF\n")


async def test_trouble_has_what_to_do_and_when_the_next_try_is() -> None:
    nothing = {"type": "url", "url": "rtsp://127.0.0.1:9/front"}
    async with (
        serving({"shed": {"name": "Shed", "enabled": False, "source": nothing}}) as served,
        client(served) as http,
    ):
        answer = await (await http.get("/api/trouble")).json()
        assert (answer["trouble"], answer["ended"]) == ([], [])
        served.registry.node.add_check(lambda: None, "MQTT")
        served.front.set_enabled(True)
        await until(lambda: served.front.camera.next_try)
        (problem,) = (found := await (await http.get("/api/trouble")).json())["trouble"]
        assert (problem["id"], problem["cameras"], problem["level"]) == ("camera-shed", ["shed"], "problem")
        assert "cannot be reached" in problem["text"]
        assert "source.url" in problem["hint"]
        assert problem["since"] <= found["now"]
        assert problem["can_retry"]
        assert "MQTT" in found["watched"]
        report = await (await http.get("/api/health")).json()
        assert report["trouble"][0]["hint"] == problem["hint"]
        assert "next_try" not in report["trouble"][0]
        served.front.set_enabled(False)
        await until(lambda: served.front.camera.status is CameraStatus.OFF)
        (ended,) = (await (await http.get("/api/trouble")).json())["ended"]
        assert (ended["id"], ended["times"]) == ("camera-shed", 1)


async def test_retry_opens_a_camera_at_once() -> None:
    """Long before the next attempt would come."""
    async with serving({"front": {}}) as served, client(served) as http:
        camera = served.front.camera
        supervisor = camera._supervisor
        supervisor._backoff = Backoff(3600, 3600, jitter=0)
        broken, make = [True], camera._make_source

        def make_source(wakeup: Wakeup) -> Source:
            if broken[0]:
                raise SourceError("the cable is loose")
            return make(wakeup)

        camera._make_source = make_source
        supervisor.reopen()
        await until(lambda: camera.next_try)
        broken[0] = False
        answer = await http.post("/api/node/cmd/retry", json={"problem": "camera-front"})
        assert (await answer.json())["ok"]
        await until(lambda: camera.status is CameraStatus.RUNNING)
        unknown = await http.post("/api/node/cmd/retry", json={"problem": "camera-front"})
        assert (await unknown.json())["error"]["code"] == "invalid_value"
