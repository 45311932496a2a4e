"""The pictures of motion on MQTT: retained, the latest wins, and none after the camera was switched off."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.gateway.latest_pictures import LatestPictures
from mqttcam.mqtt.topics import CameraTopics
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import TOPICS, as_sent, in_thread, picture
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Client, Message, retained
from tests.support.proxy import Proxy
from tests.support.waiting import until


@pytest.fixture
def front(request: pytest.FixtureRequest) -> CameraTopics:
    """The topics of a camera that no other test has: the broker keeps its picture."""
    return TOPICS.camera(f"front-{abs(hash(request.node.name))}")


def _seqs(client: Client, topics: CameraTopics) -> list[str]:
    return [message.user["seq"] for message in client.on(topics.motion_image)]


def _is(seq: int, message: Message) -> bool:
    return message.user.get("seq") == str(seq)


async def test_the_broker_keeps_the_last_picture(
    broker: Broker, client: Client, connect: Connect, front: CameraTopics
) -> None:
    images = LatestPictures(await connect(broker), front, front.motion_image)
    sent = picture(5000, 7, ts_ns=1_700_000_000_123_456_789)
    images.publish(sent)
    message = await in_thread(client.wait, front.motion_image)
    assert message.payload == sent.jpeg
    assert as_sent(broker, message, 1, True)
    assert message.content_type == "image/jpeg"
    assert message.user == {"ts": "1700000000123456789", "seq": "7"}
    await until(lambda: images._in_flight is None, "the acknowledgement")
    held = await in_thread(retained, broker, f"{front.root}/#")
    assert [message.payload for message in held.values()] == [sent.jpeg]


async def test_while_one_is_in_flight_the_latest_waits(
    broker: Broker, client: Client, connect: Connect, front: CameraTopics
) -> None:
    async with Proxy(broker.port) as proxy:
        images = LatestPictures(await connect(Endpoint(proxy.port)), front, front.motion_image)
        proxy.stall("down")
        for seq in (1, 2, 3):
            images.publish(picture(100, seq))
        await in_thread(client.wait, front.motion_image)
        proxy.resume()
        await in_thread(client.wait, front.motion_image, lambda message: _is(3, message))
        assert _seqs(client, front) == ["1", "3"]


async def test_a_picture_without_a_connection_is_published_at_the_next_one(
    broker: Broker, client: Client, connect: Connect, front: CameraTopics
) -> None:
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port))
        images = LatestPictures(connection, front, front.motion_image)
        proxy.stall("up")
        images.publish(picture(100, 1))
        proxy.refuse = True
        proxy.cut()
        await until(lambda: not connection.connected, "the end")
        proxy.refuse = False
        proxy.resume()
        await in_thread(client.wait, front.motion_image, lambda message: _is(1, message))
        await until(lambda: images._in_flight is None, "the acknowledgement")
        images.close()
        images.publish(picture(100, 2))
        assert len(connection._connected_hooks) == 0


async def test_when_the_camera_is_switched_off_only_the_one_in_flight_still_leaves(
    broker: Broker, client: Client, connect: Connect, front: CameraTopics
) -> None:
    cleared: list[bool] = []
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port))
        images = LatestPictures(connection, front, front.motion_image)
        images.discard(lambda: cleared.append(True))
        proxy.stall("down")
        images.publish(picture(100, 1))
        images.publish(picture(100, 2))
        images.discard(lambda: cleared.append(True))
        assert not cleared
        proxy.resume()
        await until(lambda: cleared, "the acknowledgement")
        images.publish(picture(100, 3))
        await in_thread(client.wait, front.motion_image, lambda message: _is(3, message))
        assert (_seqs(client, front), cleared) == (["1", "3"], [True])
        await until(lambda: images._in_flight is None, "the acknowledgement")
        proxy.stall("down")
        images.publish(picture(100, 4))
        images.discard(lambda: cleared.append(True))
        proxy.cut()
        await until(lambda: len(cleared) == 2, "it never will arrive")
        assert images._waiting is None


async def test_a_refusal_is_logged_once_and_a_picture_that_no_longer_fits_is_dropped(
    tmp_path: Path, connect: Connect, front: CameraTopics, caplog: pytest.LogCaptureFixture
) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic read #\n")
    rules.chmod(0o600)
    with Mosquitto(tmp_path, extra=f"acl_file {rules}") as broker:
        images = LatestPictures(await connect(broker, max_packet_size=20_000), front, front.motion_image)
        images.publish(picture(30_000, 1))
        assert images._in_flight is None
        for seq in (2, 3):
            images.publish(picture(100, seq))
            await until(lambda: images._in_flight is None, "the refusal")
        assert caplog.text.count(f"the broker refuses messages to {front.motion_image}") == 1
