"""Detections as Home Assistant shows them: counts, occupancy and pictures, unavailable when no job reports."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson
import pytest

from tests.home_assistant.conftest import World
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.rig import Rig, rig
from tests.support.waiting import wait_for

NODE = "lab"


@pytest.fixture
def lab(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A node of its own, which is forgotten at the end."""
    cameras = {"front": pattern_camera(detections={"labels": ["person"], "after": 4})}
    folder = tmp_path_factory.mktemp(NODE)
    with rig(world.broker, folder, node=NODE, cameras=cameras) as running:
        yield running
        running.daemon.stop()
        done = mqttcam_command(folder, "forget", "-c", str(running.daemon.config_file))
        assert done.returncode == 0, done.stderr
    wait_for(lambda: world.ha.device(f"mqttcam_{NODE}_front") is None, "it is forgotten", interval=0.1)


def test_a_person_comes_and_the_job_falls_silent(world: World, lab: Rig) -> None:
    ha, device = world.ha, f"{NODE}_front"
    count = world.entity("detections_person", device)
    occupancy = world.entity("detections_person_occupancy", device)
    image = world.entity("detections_person_image", device)
    event = world.entity("detection_event", device)
    assert (count, occupancy, image) == (
        "sensor.front_person_count",
        "binary_sensor.front_person_occupancy",
        "image.front_last_person",
    )
    ha.wait_state(count, "unavailable")
    ha.wait_state(occupancy, "unavailable")
    ha.wait_state(event, "unknown")  # it has subscribed

    found = [{"label": "person", "score": 0.9, "box": [0.1, 0.1, 0.4, 0.9]}]
    message = orjson.dumps({"ts": time.time(), "detections": found})
    lab.client.publish(lab.front.topic("detections"), message)
    assert ha.wait_state(count, "1")["attributes"]["state_class"] == "measurement"
    assert ha.wait_state(occupancy, "on")["attributes"]["device_class"] == "occupancy"
    attributes = ha.wait_state(event, lambda state: state not in ("unknown", "unavailable"))["attributes"]
    assert (attributes["event_type"], attributes["label"]) == ("detection", "person")
    picture = wait_for(lambda: ha.picture(image), "the picture", interval=0.1)
    assert picture.startswith(b"\xff\xd8")

    ha.wait_state(count, "unavailable")
    ha.wait_state(occupancy, "unavailable")
