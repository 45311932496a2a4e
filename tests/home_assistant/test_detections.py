"""Detections as Home Assistant shows them: counts, occupancy and pictures, unavailable when no job reports."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.home_assistant.conftest import World
from tests.node_red.conftest import FLOW_FILE, with_broker
from tests.node_red.harness import NodeRed, node_red_program
from tests.outputs.kafka.rig import make_topic
from tests.outputs.kafka.test_analytics_jobs import working
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.kafka import KafkaBroker, any_kafka
from tests.support.left_out import leave_out
from tests.support.pictures import size_of
from tests.support.rig import Rig, rig
from tests.support.waiting import wait_for

NODE = "pi-garden"
"""That of the project's Node-RED flow."""


@pytest.fixture
def lab(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A node of its own, which is forgotten at the end."""
    cameras = {"front": pattern_camera(detections={"labels": ["person"], "after": 5})}
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


@pytest.mark.node_red
def test_node_red_reports_a_person(world: World, lab: Rig, tmp_path: Path) -> None:
    """The button of the project's flow, and a person is there."""
    if shutil.which("node") is None or not node_red_program().exists():
        leave_out("no Node-RED: run tests/node_red/setup.sh")
    flow = with_broker(json.loads(FLOW_FILE.read_text("utf-8")), world.broker)
    occupancy = world.entity("detections_person_occupancy", f"{NODE}_front")
    image = world.entity("detections_person_image", f"{NODE}_front")
    world.ha.wait_state(occupancy, "unavailable")
    with NodeRed(tmp_path, flow) as node_red:
        node_red.press("Report a person")
        world.ha.wait_state(occupancy, "on")
        assert wait_for(lambda: world.ha.picture(image), "the picture", interval=0.1).startswith(b"\xff\xd8")
        node_red.press("Report nothing")
        world.ha.wait_state(occupancy, "off")


@pytest.fixture
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker for the example job."""
    try:
        for needed in ("confluent_kafka", "cv2"):
            import_module(needed)
    except ImportError as error:
        leave_out(f"the example job: {error}")
    with any_kafka(tmp_path_factory.mktemp("kafka")) as running:
        if not running.real:
            leave_out("Apache Kafka (needs Java and Maven)")
        yield running


def test_what_the_example_job_finds_in_kafka_comes_home(
    world: World, kafka: KafkaBroker, tmp_path: Path
) -> None:
    """The ball moves, a process of deploy/analytics sees it in the frames from Kafka, and Home Assistant shows it."""
    frames, results = (make_topic(kafka, name, partitions=4) for name in ("frames", "results"))
    cameras = {"front": pattern_camera(detections={"labels": ["motion"]})}
    sections: dict[str, Any] = {
        "kafka": {"brokers": kafka.address(), "topic": frames},
        "detections": {"brokers": kafka.address(), "topic": results},
    }
    with (
        rig(world.broker, tmp_path / "daemon", node=NODE, cameras=cameras, **sections) as running,
        working(tmp_path / "job", "group_job", kafka, frames, results) as workers,
    ):
        workers.start()
        count = world.entity("detections_motion", f"{NODE}_front")
        image = world.entity("detections_motion_image", f"{NODE}_front")
        world.ha.wait_state(count, lambda state: state.isdecimal() and int(state) > 0)
        picture = wait_for(lambda: world.ha.picture(image), "the picture with boxes", interval=0.1)
        assert size_of(picture) == (320, 240)
        running.daemon.stop()
        done = mqttcam_command(tmp_path / "daemon", "forget", "-c", str(running.daemon.config_file))
        assert done.returncode == 0, done.stderr
    wait_for(lambda: world.ha.device(f"mqttcam_{NODE}_front") is None, "it is forgotten", interval=0.1)
