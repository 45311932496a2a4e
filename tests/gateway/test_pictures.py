"""Pictures on a link that is well: what goes out, one at a time, and the gate before the encoder."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from mqttcam.camera.frame import PictureSpec
from mqttcam.gateway import pictures as module
from mqttcam.gateway import snapshots
from mqttcam.gateway.pictures import MAX_SNAPSHOTS, PublishError
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, TOPICS, Rig, as_sent, in_thread, picture
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Client, retained
from tests.support.proxy import Proxy
from tests.support.waiting import until


async def test_an_image_and_its_meta(rig: Rig, broker: Broker, client: Client) -> None:
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


async def test_without_mqtt_5(broker: Broker, client: Client, connect: Connect) -> None:
    rig = Rig.make(await connect(broker, protocol="3.1.1"))
    await rig.send(picture(5000, 3))
    meta = await in_thread(client.wait, FRONT.image_meta)
    image = client.wait(FRONT.image)
    assert image.payload == picture(5000).jpeg
    assert image.user == {}
    assert (meta.json["seq"], meta.json["bytes"]) == (3, 5000)


async def test_retained_where_asked(rig: Rig, broker: Broker, client: Client) -> None:
    rig.publisher.configure(PictureSpec(), 1, retain=True)
    await rig.send(picture(4000))
    await in_thread(client.wait, FRONT.image_meta)
    held = await in_thread(retained, broker, f"{FRONT.root}/#")
    assert set(held) == {FRONT.image}
    await in_thread(client.publish, FRONT.image, b"", retain=True)


async def test_many_in_a_row_keep_their_order(rig: Rig, client: Client) -> None:
    rig.publisher.configure(PictureSpec(), math.inf, retain=False)
    for seq in range(1, 301):
        await rig.send(picture(20_000 + seq, seq))
    metas = await in_thread(client.wait_many, FRONT.image_meta, 300, timeout=30)
    assert [m.json["seq"] for m in metas] == list(range(1, 301))
    images = client.on(FRONT.image)
    assert [len(m.payload) for m in images] == [20_000 + seq for seq in range(1, 301)]
    assert rig.connection.reconnects == 0


async def test_packet_identifiers_wrap(rig: Rig, client: Client) -> None:
    assert rig.connection.network is not None
    rig.connection.network._inflight._mid = 0xFFFE
    for seq in range(1, 5):
        await rig.send(picture(100, seq))
    await in_thread(client.wait_many, FRONT.image_meta, 4)
    await until(lambda: rig.feed.ready, "the last one is acknowledged")


async def test_the_gate_opens_early_only_while_the_broker_is_quick(
    broker: Broker, client: Client, connect: Connect
) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        proxy.stall("down")
        assert rig.feed.offer(picture(100, 1))
        assert not rig.feed.ready, "nothing is known of this broker"
        proxy.resume()
        await until(lambda: rig.feed.ready, "the first PUBACK")
        proxy.stall("down")
        assert rig.feed.offer(picture(100, 2))
        assert rig.feed.ready, "it was quick: the next may be encoded meanwhile"
        assert rig.feed.offer(picture(100, 3))
        assert not rig.feed.offer(picture(100, 4)), "one in flight, one waits"
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 2)
        assert not [m for m in client.on(FRONT.image_meta) if m.json["seq"] == 3]
        proxy.resume()
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 3)


async def test_what_waited_too_long_is_not_sent(
    broker: Broker, client: Client, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STALE", 0.05)
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        await rig.send(picture(100, 1))
        await until(lambda: rig.feed.ready, "it is quick")
        proxy.stall("down")
        assert rig.feed.offer(picture(100, 2))
        assert rig.feed.offer(picture(100, 3))
        await asyncio.sleep(0.2)
        proxy.resume()
        await rig.send(picture(100, 4))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert [m.json["seq"] for m in client.on(FRONT.image_meta)] == [1, 2, 4]
        assert rig.publisher.dropped == 1


async def test_what_waits_when_the_camera_is_switched_off_is_not_sent(
    broker: Broker, client: Client, connect: Connect
) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)), rate=0.01)
        arrived = asyncio.Event()
        rig.publisher.withdraw(arrived.set)
        assert not arrived.is_set(), "nothing is under way"
        await rig.send(picture(100, 1))
        await until(lambda: rig.feed.ready, "it is quick")
        proxy.stall("down")
        assert rig.feed.offer(picture(100, 2))
        assert rig.feed.offer(picture(100, 3))
        rig.publisher.withdraw(arrived.set)
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 2)
        assert not arrived.is_set(), "the broker has it, and has not said so"
        proxy.resume()
        async with asyncio.timeout(10):
            await arrived.wait()
        await rig.send(picture(100, 4))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert [m.json["seq"] for m in client.on(FRONT.image_meta)] == [1, 2, 4]
        assert rig.publisher.dropped == 1


async def test_the_gate_is_shut_while_there_is_no_connection(broker: Broker, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port)))
        proxy.stall("down")
        assert rig.feed.offer(picture(100, 1))
        proxy.refuse = True
        proxy.cut()
        await until(lambda: not rig.connection.connected, "the end")
        assert not rig.feed.offer(picture(100, 2))
        proxy.refuse = False
        proxy.resume()
        await rig.send(picture(100, 3))
        await until(lambda: rig.feed.ready, "acknowledged on the new connection")
        assert rig.connection.reconnects == 1


async def test_a_publisher_made_before_there_is_a_connection(
    broker: Broker, client: Client, connect: Connect
) -> None:
    rig = Rig.make(await connect(broker, wait=False))
    assert not rig.feed.ready
    await rig.send(picture(100, 1))
    await in_thread(client.wait, FRONT.image_meta)


async def test_two_cameras_on_one_connection(broker: Broker, client: Client, connect: Connect) -> None:
    connection = await connect(broker)
    rigs = [Rig.make(connection, topics=TOPICS.camera(name)) for name in ("left", "right")]
    for seq in range(1, 51):
        await asyncio.gather(*(rig.send(picture(50_000 + number, seq)) for number, rig in enumerate(rigs)))
    for number, rig in enumerate(rigs):
        metas = await in_thread(client.wait_many, rig.topics.image_meta, 50)
        assert [m.json["seq"] for m in metas] == list(range(1, 51))
        assert {len(m.payload) for m in client.on(rig.topics.image)} == {50_000 + number}


async def test_more_cameras_than_the_broker_takes_at_once(folder: Path, connect: Connect) -> None:
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


async def test_nothing_after_close(rig: Rig, client: Client) -> None:
    await rig.send(picture(100, 1))
    await in_thread(client.wait, FRONT.image_meta)
    rig.publisher.close()
    assert rig.feed.closed
    assert not rig.feed.ready
    await asyncio.sleep(0.05)
    assert not rig.feed.ready


# limits


async def test_the_brokers_limit_is_kept(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(folder, extra="max_packet_size 200000") as broker, Client(broker, "#") as client:
        rig = Rig.make(await connect(broker))
        assert rig.feed.max_bytes is not None
        assert 199_000 < rig.feed.max_bytes < 200_000
        assert rig.connection.max_packet_size == 200_000
        for seq in (1, 2):
            assert rig.feed.offer(picture(300_000, seq)), "a feed that does not keep to max_bytes"
        await rig.send(picture(rig.feed.max_bytes, 3, quality=40))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 3)
        await rig.send(picture(150_000, 4, quality=40))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert len(client.on(FRONT.image)) == 2
        assert rig.publisher.dropped == 2
        assert rig.connection.reconnects == 0
        said = [r.getMessage() for r in caplog.records if r.name.startswith("mqttcam.")]
        assert len([text for text in said if "200000" in text]) == 1, "said once"


async def test_a_quality_that_was_asked_for_is_no_news(
    rig: Rig, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.send(picture(5000, 1, quality=40))
    await in_thread(client.wait, FRONT.image_meta)
    assert "made smaller" not in caplog.text


async def test_ones_own_limit_is_kept(broker: Broker, client: Client, connect: Connect) -> None:
    rig = Rig.make(await connect(broker, max_packet_size=20_000))
    assert rig.feed.max_bytes is not None
    assert rig.feed.max_bytes < 20_000
    assert rig.publisher.max_bytes == rig.feed.max_bytes


async def test_a_broker_that_refuses_pictures(
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
        await until(lambda: rig.publisher.dropped == 3, "every refusal is counted")
        assert caplog.text.count("refuses our pictures") == 1
        with pytest.raises(PublishError) as refused:
            await rig.publisher.publish_snapshot(picture(100), None)
        assert refused.value.code == "unavailable"


# on request


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_a_snapshot(broker: Broker, client: Client, connect: Connect, protocol: int | str) -> None:
    rig = Rig.make(await connect(broker, protocol=protocol))
    await rig.publisher.publish_snapshot(picture(9000, 5), "door-7")
    image = await in_thread(client.wait, FRONT.snapshot)
    meta = await in_thread(client.wait, FRONT.snapshot_meta)
    assert as_sent(broker, image, 1, False)
    assert as_sent(broker, meta, 1, False)
    assert image.payload == picture(9000).jpeg
    assert image.index < meta.index
    assert (meta.json["request_id"], meta.json["trigger"], meta.json["bytes"]) == ("door-7", "command", 9000)
    assert set(meta.json) == {"seq", "ts", "width", "height", "bytes", "quality", "trigger", "request_id"}
    await rig.publisher.publish_snapshot(picture(9000, 6), None)
    metas = await in_thread(client.wait_many, FRONT.snapshot_meta, 2)
    assert metas[1].json["request_id"] is None


async def test_snapshots_that_cannot_be_published(
    broker: Broker, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "TIMEOUT", 0.5)

    async def code_of(size: int = 100) -> str:
        with pytest.raises(PublishError) as refused:
            await rig.publisher.publish_snapshot(picture(size), None)
        return refused.value.code

    async with Proxy(broker.port) as proxy:
        rig = Rig.make(await connect(Endpoint(proxy.port), max_packet_size=50_000))
        assert await code_of(60_000) == "too_large"
        proxy.stall("down")
        waiting = [asyncio.create_task(code_of()) for _ in range(MAX_SNAPSHOTS)]
        await asyncio.sleep(0)
        assert await code_of() == "busy"
        assert await asyncio.gather(*waiting) == ["unavailable"] * MAX_SNAPSHOTS
        lost = asyncio.create_task(code_of())
        await asyncio.sleep(0)
        proxy.refuse = True
        proxy.cut()
        assert await lost == "unavailable"
        await until(lambda: not rig.connection.connected, "the end")
        assert await code_of() == "unavailable"


async def test_a_picture_for_who_has_just_come(rig: Rig, client: Client) -> None:
    rig.publisher.request()
    await rig.send(picture(100, 1))
    await rig.send(picture(100, 2))
    metas = await in_thread(client.wait_many, FRONT.image_meta, 2)
    assert [m.json["trigger"] for m in metas] == ["connect", "interval"]
    assert not rig.camera.asked, "the next one is due soon anyway"


@pytest.mark.parametrize("rate", [0, 0.01])
async def test_a_picture_for_who_has_just_come_where_none_is_due(
    rig: Rig, client: Client, rate: float
) -> None:
    rig.publisher.configure(PictureSpec(quality=70), rate, retain=False)
    rig.publisher.request()
    await until(lambda: rig.camera.asked, "the camera is asked")
    rig.camera.picture = picture(100, 9)
    rig.publisher.request()
    meta = await in_thread(client.wait, FRONT.image_meta)
    assert (meta.json["seq"], meta.json["trigger"]) == (9, "connect")
    assert rig.camera.asked[-1] == (PictureSpec(quality=70), rig.publisher.max_bytes)


async def test_a_request_before_there_is_a_connection(
    broker: Broker, client: Client, connect: Connect
) -> None:
    rig = Rig.make(await connect(broker, wait=False), rate=0)
    rig.camera.picture = picture(100, 4)
    rig.publisher.request()
    assert not rig.camera.asked
    meta = await in_thread(client.wait, FRONT.image_meta)
    assert meta.json["seq"] == 4
