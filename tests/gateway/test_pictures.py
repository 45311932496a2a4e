"""Images and snapshots over a link without faults: what is published, in which order, and when the feed is ready."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from mqttcam.camera.frame import PictureSpec
from mqttcam.devices.errors import CommandError
from mqttcam.gateway.image_stream import STALE_AFTER
from mqttcam.gateway.snapshots import MAX_PENDING
from mqttcam.schedule import parse
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, TOPICS, Rig, as_sent, in_thread, picture
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Client, retained
from tests.support.proxy import Proxy
from tests.support.waiting import PATIENCE, until


async def test_an_image_is_followed_by_its_meta(rig: Rig, broker: Broker, client: Client) -> None:
    sent = picture(5000, 7, quality=80, ts_ns=1_700_000_000_123_456_789)
    await rig.send(sent)
    meta = await in_thread(client.wait, FRONT.image_meta)
    image = client.wait(FRONT.image)
    assert image.index == meta.index - 1
    assert image.payload == sent.jpeg
    assert as_sent(broker, image, 0, False)
    assert as_sent(broker, meta, 1, False)
    assert image.content_type == "image/jpeg"
    assert image.user == {"ts": "1700000000123456789", "seq": "7"}
    assert meta.json == {
        "seq": 7,
        "ts": pytest.approx(1_700_000_000.123_456, abs=1e-5),
        "width": 640,
        "height": 480,
        "bytes": 5000,
        "quality": 80,
        "trigger": "interval",
    }


async def test_mqtt_3_1_1_has_no_properties(broker: Broker, client: Client, connect: Connect) -> None:
    rig = Rig.make(await connect(broker, protocol="3.1.1"))
    await rig.send(picture(5000, 3))
    meta = await in_thread(client.wait, FRONT.image_meta)
    image = client.wait(FRONT.image)
    assert image.payload == picture(5000).jpeg
    assert image.user == {}
    assert (meta.json["seq"], meta.json["bytes"]) == (3, 5000)


async def test_the_image_is_retained_if_configured(rig: Rig, broker: Broker, client: Client) -> None:
    rig.configure(1, retain=True)
    await rig.send(picture(4000))
    await in_thread(client.wait, FRONT.image_meta)
    held = await in_thread(retained, broker, f"{FRONT.root}/#")
    assert set(held) == {FRONT.image}
    await in_thread(client.publish, FRONT.image, b"", retain=True)


async def test_many_images_keep_their_order(rig: Rig, client: Client) -> None:
    rig.configure(math.inf)
    for seq in range(1, 301):
        await rig.send(picture(20_000 + seq, seq))
    metas = await in_thread(client.wait_many, FRONT.image_meta, 300)
    assert [m.json["seq"] for m in metas] == list(range(1, 301))
    images = client.on(FRONT.image)
    assert [len(m.payload) for m in images] == [20_000 + seq for seq in range(1, 301)]
    assert rig.connection.reconnects == 0


async def test_packet_identifiers_wrap_around(rig: Rig, client: Client) -> None:
    assert rig.connection.network is not None
    rig.connection.network._inflight._mid = 0xFFFE
    for seq in range(1, 5):
        await rig.send(picture(100, seq))
    await in_thread(client.wait_many, FRONT.image_meta, 4)
    await until(lambda: rig.feed.ready, "the last one is acknowledged")


async def test_the_next_picture_is_encoded_early_only_while_the_broker_is_quick(
    broker: Broker, client: Client, connect: Connect
) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        proxy.stall("down")
        assert rig.offer(picture(100, 1))
        assert not rig.feed.ready, "the broker has not acknowledged anything yet"
        proxy.resume()
        await until(lambda: rig.feed.ready, "the first PUBACK")
        proxy.stall("down")
        assert rig.offer(picture(100, 2))
        assert rig.feed.ready, "the broker was quick: the next picture may be encoded"
        assert rig.offer(picture(100, 3))
        assert not rig.offer(picture(100, 4)), "one is in flight, one waits"
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 2)
        assert not [m for m in client.on(FRONT.image_meta) if m.json["seq"] == 3]
        proxy.resume()
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 3)


async def test_a_stale_picture_is_not_sent(broker: Broker, client: Client, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        await rig.send(picture(100, 1))
        await until(lambda: rig.feed.ready, "the acknowledgement")
        proxy.stall("down")
        assert rig.offer(picture(100, 2))
        assert rig.offer(picture(100, 3))
        rig.clock.now += STALE_AFTER + 0.1
        proxy.resume()
        await rig.send(picture(100, 4))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert [m.json["seq"] for m in client.on(FRONT.image_meta)] == [1, 2, 4]
        assert rig.images.dropped == 1


async def test_a_waiting_picture_is_discarded_when_the_camera_is_switched_off(
    broker: Broker, client: Client, connect: Connect
) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        idle = asyncio.Event()
        rig.images.discard(idle.set)
        assert not idle.is_set(), "nothing is in flight"
        await rig.send(picture(100, 1))
        await until(lambda: rig.feed.ready, "the acknowledgement")
        proxy.stall("down")
        assert rig.offer(picture(100, 2))
        assert rig.offer(picture(100, 3))
        rig.images.discard(idle.set)
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 2)
        assert not idle.is_set(), "the broker has not acknowledged it"
        proxy.resume()
        async with asyncio.timeout(PATIENCE):
            await idle.wait()
        await rig.send(picture(100, 4))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert [m.json["seq"] for m in client.on(FRONT.image_meta)] == [1, 2, 4]
        assert rig.images.dropped == 1


async def test_the_feed_is_not_ready_without_a_connection(broker: Broker, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)))
        proxy.stall("down")
        assert rig.offer(picture(100, 1))
        proxy.refuse = True
        proxy.cut()
        await until(lambda: not rig.connection.connected, "the end")
        assert not rig.offer(picture(100, 2))
        proxy.refuse = False
        proxy.resume()
        await rig.send(picture(100, 3))
        await until(lambda: rig.feed.ready, "acknowledged on the new connection")
        assert rig.connection.reconnects == 1


async def test_a_stream_made_before_the_connection_publishes_once_it_is_there(
    broker: Broker, client: Client, connect: Connect
) -> None:
    rig = Rig.make(await connect(broker, wait=False))
    assert not rig.feed.ready
    await rig.send(picture(100, 1))
    await in_thread(client.wait, FRONT.image_meta)


async def test_two_cameras_share_a_connection(broker: Broker, client: Client, connect: Connect) -> None:
    connection = await connect(broker)
    rigs = [Rig.make(connection, topics=TOPICS.camera(name)) for name in ("left", "right")]
    for seq in range(1, 51):
        await asyncio.gather(*(rig.send(picture(50_000 + number, seq)) for number, rig in enumerate(rigs)))
    for number, rig in enumerate(rigs):
        metas = await in_thread(client.wait_many, rig.topics.image_meta, 50)
        assert [m.json["seq"] for m in metas] == list(range(1, 51))
        assert {len(m.payload) for m in client.on(rig.topics.image)} == {50_000 + number}


async def test_more_cameras_than_the_receive_maximum_all_get_through(folder: Path, connect: Connect) -> None:
    with Mosquitto(folder, extra="max_inflight_messages 3") as broker, Client(broker, "#") as client:
        connection = await connect(broker)
        rigs = [Rig.make(connection, topics=TOPICS.camera(f"c{number}")) for number in range(8)]
        for seq in (1, 2, 3):
            for rig in rigs:
                await rig.send(picture(30_000, seq))
        for rig in rigs:
            metas = await in_thread(client.wait_many, rig.topics.image_meta, 3)
            assert [m.json["seq"] for m in metas] == [1, 2, 3]
        assert connection.reconnects == 0


async def test_a_closed_stream_publishes_nothing(rig: Rig, client: Client) -> None:
    await rig.send(picture(100, 1))
    await in_thread(client.wait, FRONT.image_meta)
    rig.images.close()
    assert not rig.feed.ready
    assert not rig.hub._subscribers
    rig.offer(picture(100, 2))
    rig.connection.publish(FRONT.state, b"{}", qos=1)
    await in_thread(client.wait, FRONT.state)
    assert len(client.on(FRONT.image)) == 1


# limits


async def test_a_picture_over_the_brokers_limit_is_dropped_and_logged_once(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(folder, extra="max_packet_size 200000") as broker, Client(broker, "#") as client:
        rig = Rig.make(await connect(broker))
        assert rig.feed.max_bytes is not None
        assert 199_000 < rig.feed.max_bytes < 200_000
        assert rig.connection.max_packet_size == 200_000
        for seq in (1, 2):
            assert rig.offer(picture(300_000, seq)), "larger than the feed's max_bytes"
        await rig.send(picture(rig.feed.max_bytes, 3, quality=40))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 3)
        await rig.send(picture(150_000, 4, quality=40))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert len(client.on(FRONT.image)) == 2
        assert rig.images.dropped == 2
        assert rig.connection.reconnects == 0
        logged = [r.getMessage() for r in caplog.records if r.name.startswith("mqttcam.")]
        assert [text for text in logged if "200000" in text] == [
            "camera front: an image of 300000 bytes is dropped; allowed: 200000 bytes in a packet"
        ]


async def test_a_reduced_quality_is_logged_only_if_the_limit_is_the_reason(
    broker: Broker, client: Client, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig.make(await connect(broker, max_packet_size=20_000))
    await rig.send(picture(5000, 1, quality=40))
    await in_thread(client.wait, FRONT.image_meta)
    assert "made smaller" not in caplog.text
    for seq in (2, 3):
        await rig.send(picture(15_000, seq, quality=40))
    await in_thread(client.wait_many, FRONT.image_meta, 3)
    assert caplog.text.count("camera front: images are made smaller to fit into a packet of 20000 bytes") == 1


async def test_the_configured_limit_is_kept(broker: Broker, client: Client, connect: Connect) -> None:
    rig = Rig.make(await connect(broker, max_packet_size=20_000))
    assert rig.feed.max_bytes is not None
    assert rig.feed.max_bytes < 20_000
    assert rig.images.max_bytes == rig.feed.max_bytes


async def test_a_broker_that_refuses_pictures_is_logged_once(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    rules = folder / "acl"
    rules.write_text("topic read #\n")
    rules.chmod(0o600)
    with Mosquitto(folder, extra=f"acl_file {rules}") as broker:
        rig = Rig.make(await connect(broker))
        for seq in (1, 2, 3):
            await rig.send(picture(100, seq))
        await until(lambda: rig.images.dropped == 3, "three refusals")
        assert (
            caplog.text.count("the broker refuses messages to mqttcam/yard/front/image/meta: Not authorized")
            == 1
        )
        with pytest.raises(CommandError) as refused:
            await rig.snapshots.publish(picture(100), None)
        assert refused.value.code == "unavailable"


# snapshots


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_a_snapshot_has_the_request_id_in_its_meta(
    broker: Broker, client: Client, connect: Connect, protocol: int | str
) -> None:
    rig = Rig.make(await connect(broker, protocol=protocol))
    await rig.snapshots.publish(picture(9000, 5), "door-7")
    image = await in_thread(client.wait, FRONT.snapshot)
    meta = await in_thread(client.wait, FRONT.snapshot_meta)
    assert as_sent(broker, image, 1, False)
    assert as_sent(broker, meta, 1, False)
    assert image.payload == picture(9000).jpeg
    assert image.index < meta.index
    assert (meta.json["request_id"], meta.json["trigger"], meta.json["bytes"]) == ("door-7", "command", 9000)
    assert set(meta.json) == {"seq", "ts", "width", "height", "bytes", "quality", "trigger", "request_id"}
    await rig.snapshots.publish(picture(9000, 6), None)
    metas = await in_thread(client.wait_many, FRONT.snapshot_meta, 2)
    assert metas[1].json["request_id"] is None


async def test_a_snapshot_that_cannot_be_published_is_an_error(broker: Broker, connect: Connect) -> None:
    async def code_of(size: int = 100) -> str:
        with pytest.raises(CommandError) as refused:
            await rig.snapshots.publish(picture(size), None)
        return refused.value.code

    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port), max_packet_size=50_000), ack_timeout=0.5)
        assert await code_of(60_000) == "too_large"
        proxy.stall("down")
        pending = [asyncio.create_task(code_of()) for _ in range(MAX_PENDING)]
        await until(lambda: rig.snapshots._pending == MAX_PENDING, "both are written")
        assert await code_of() == "busy"
        assert await asyncio.gather(*pending) == ["unavailable"] * MAX_PENDING


async def test_a_snapshot_in_flight_is_followed_by_what_clears_it(broker: Broker, connect: Connect) -> None:
    cleared: list[bool] = []
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)))
        rig.snapshots.discard(lambda: cleared.append(True))
        await rig.snapshots.publish(picture(100), None)
        assert not cleared, "none was in flight"
        proxy.stall("down")
        late = asyncio.create_task(rig.snapshots.publish(picture(100), None))
        await until(lambda: rig.snapshots._pending, "it is written")
        rig.snapshots.discard(lambda: cleared.append(True))
        assert not cleared
        proxy.resume()
        await late
        assert cleared == [True]


async def test_a_snapshot_ends_with_the_connection(broker: Broker, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)))
        proxy.stall("down")
        lost = asyncio.create_task(rig.snapshots.publish(picture(100), None))
        await until(lambda: rig.snapshots._pending, "it is written")
        proxy.refuse = True
        proxy.cut()
        with pytest.raises(CommandError, match="did not acknowledge"):
            await lost
        await until(lambda: not rig.connection.connected, "the end of the connection")
        with pytest.raises(CommandError, match="no connection") as refused:
            await rig.snapshots.publish(picture(100), None)
        assert refused.value.code == "unavailable"


# on connect


async def test_the_next_image_has_the_trigger_connect_if_it_is_due_soon(rig: Rig, client: Client) -> None:
    rig.connect_image.request()
    await rig.send(picture(100, 1))
    await rig.send(picture(100, 2))
    metas = await in_thread(client.wait_many, FRONT.image_meta, 2)
    assert [m.json["trigger"] for m in metas] == ["connect", "interval"]
    assert not rig.camera.asked


@pytest.mark.parametrize(("rate", "schedule"), [(0, None), (0.01, None), (1, "every day at 10:30")])
async def test_an_image_is_taken_on_connect_if_none_is_due_soon(
    rig: Rig, client: Client, rate: float, schedule: str | None
) -> None:
    rig.configure(rate, PictureSpec(quality=70), schedule=parse(schedule) if schedule else None)
    rig.connect_image.request()
    await until(lambda: rig.camera.asked, "the camera is asked")
    rig.camera.picture = picture(100, 9)
    rig.connect_image.request()
    meta = await in_thread(client.wait, FRONT.image_meta)
    assert (meta.json["seq"], meta.json["trigger"]) == (9, "connect")
    assert rig.camera.asked[-1] == (PictureSpec(quality=70), rig.images.max_bytes)


async def test_an_image_requested_before_the_connection_is_published_on_connect(
    broker: Broker, client: Client, connect: Connect
) -> None:
    rig = Rig.make(await connect(broker, wait=False), rate=0)
    rig.camera.picture = picture(100, 4)
    rig.connect_image.request()
    assert not rig.camera.asked
    meta = await in_thread(client.wait, FRONT.image_meta)
    assert meta.json["seq"] == 4
