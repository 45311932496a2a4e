"""Each topic as it is written in the contract."""

from __future__ import annotations

from mqttcam.mqtt.topics import Topics


def test_topics_of_a_node() -> None:
    topics = Topics("mqttcam", "yard")
    assert topics.status == "mqttcam/yard/status"
    assert topics.info == "mqttcam/yard/info"
    assert topics.health == "mqttcam/yard/health"
    assert topics.result == "mqttcam/yard/result"
    assert topics.command("restart") == "mqttcam/yard/cmd/restart"
    assert topics.retained == ("mqttcam/yard/status", "mqttcam/yard/info", "mqttcam/yard/health")


def test_topics_of_a_camera() -> None:
    topics = Topics("house/cameras", "yard").camera("front")
    here = "house/cameras/yard/front"
    assert topics.availability == f"{here}/availability"
    assert topics.state == f"{here}/state"
    assert topics.image == f"{here}/image"
    assert topics.image_meta == f"{here}/image/meta"
    assert topics.snapshot == f"{here}/snapshot"
    assert topics.snapshot_meta == f"{here}/snapshot/meta"
    assert topics.event == f"{here}/event"
    assert topics.set == f"{here}/set"
    assert topics.set_key("brightness") == f"{here}/set/brightness"
    assert topics.get == f"{here}/get"
    assert topics.command("+") == f"{here}/cmd/+"
    assert topics.result == f"{here}/result"
    assert topics.motion_image == f"{here}/motion/image"
    assert topics.retained == (topics.availability, topics.state, topics.image, topics.motion_image)
