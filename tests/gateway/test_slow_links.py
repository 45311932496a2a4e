"""Links that are slow, silent, or limited in the size of packets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from mqttcam.mqtt.connection import Connection, Timing
from mqttcam.mqtt.pictures_connection import PicturesConnection
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, TOPICS, Rig, in_thread, login_settings, picture
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Client
from tests.support.proxy import Proxy
from tests.support.waiting import until

KEEPALIVE = 3
"""Seconds. The broker closes the connection after half as many more: a busy machine may delay a ping by as much."""
STOP_LIMIT = 20.0
"""Seconds that a stop may take, on a busy machine too; to send what is queued would take 30."""


@pytest.fixture
async def proxy(broker: Broker) -> AsyncIterator[Proxy]:
    async with Proxy(broker.port) as made:
        yield made


async def test_a_limit_of_an_mqtt_3_1_1_broker_is_found_with_one_disconnect(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(folder, extra="max_packet_size 200000") as broker, Client(broker, "#") as client:
        rig = Rig.make(await connect(broker, protocol="3.1.1"))
        await rig.send(picture(100_000, 1))
        await rig.send(picture(300_000, 2))
        await until(lambda: rig.connection.reconnects == 1 and rig.feed.ready, "the one disconnect")
        assert rig.feed.max_bytes is not None
        assert 140_000 < rig.feed.max_bytes <= 150_200
        for seq in range(3, 10):
            await rig.send(picture(rig.feed.max_bytes, seq))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 9)
        assert rig.connection.reconnects == 1
        assert caplog.text.count("closes the connection after a packet of 300") == 1


async def test_a_picture_that_takes_several_keepalives_gets_through(
    proxy: Proxy, client: Client, connect: Connect
) -> None:
    settings = login_settings(Endpoint(proxy.port)).model_copy(update={"keepalive": KEEPALIVE})
    main = Connection(settings, client_id="mqttcam-test-main", will=(TOPICS.status, b"offline"))
    pictures = PicturesConnection(settings, main, client_id="mqttcam-test-main-pictures")
    rig = Rig.make(pictures)
    try:
        main.start()
        pictures.start()
        await until(lambda: rig.feed.ready, "connected")
        proxy.rate = 120_000
        await rig.send(picture(3 * KEEPALIVE * 120_000, 1))
        await in_thread(client.wait, FRONT.image_meta)
        assert (main.reconnects, pictures.reconnects) == (0, 0)
        assert len(client.on(FRONT.image)) == 1
    finally:
        await pictures.stop()
        await main.stop()


async def test_a_picture_that_takes_too_long_makes_the_next_ones_smaller(
    proxy: Proxy, client: Client, connect: Connect
) -> None:
    settings = login_settings(Endpoint(proxy.port)).model_copy(update={"keepalive": 2})
    timing = Timing(keepalive_without_will=2)
    connection = Connection(settings, client_id="mqttcam-test-slow", timing=timing)
    connection.start()
    try:
        await connection.wait_connected()
        rig = Rig.make(connection)
        proxy.rate = 150_000
        await rig.send(picture(240_000, 1))
        await until(lambda: rig.feed.ready, "acknowledged")
        assert rig.feed.max_bytes is not None
        smaller = rig.feed.max_bytes
        assert 16_000 <= smaller < 240_000
        proxy.rate = None
        for seq in range(2, 8):
            await rig.send(picture(smaller, seq))
        await until(lambda: rig.feed.ready, "acknowledged")
        assert smaller < rig.feed.max_bytes
        assert connection.reconnects == 0
    finally:
        await connection.stop()


async def test_pings_get_through_between_the_pictures_of_two_cameras(proxy: Proxy, client: Client) -> None:
    settings = login_settings(Endpoint(proxy.port)).model_copy(update={"keepalive": KEEPALIVE})
    timing = Timing(keepalive_without_will=KEEPALIVE)
    connection = Connection(settings, client_id="mqttcam-test-two", timing=timing)
    connection.start()
    try:
        await connection.wait_connected()
        rigs = [Rig.make(connection, topics=TOPICS.camera(name)) for name in ("left", "right")]
        proxy.rate = 200_000

        count = 3 * KEEPALIVE * 200_000 // (2 * 30_000)

        async def send(rig: Rig) -> None:
            for seq in range(1, count + 1):
                await rig.send(picture(30_000, seq))

        await asyncio.gather(*map(send, rigs))
        await in_thread(client.wait_many, rigs[0].topics.image_meta, count)
        assert connection.reconnects == 0
        assert connection.connected
    finally:
        await connection.stop()


async def test_a_silent_peer_does_not_fill_the_memory(proxy: Proxy, connect: Connect) -> None:
    rig = Rig.make(await connect(Endpoint(proxy.port)))
    proxy.stall()
    before = psutil.Process().memory_info().rss
    taken = sum(rig.offer(picture(500_000, seq)) for seq in range(200))
    assert taken == 1
    assert rig.images.dropped == 199
    assert psutil.Process().memory_info().rss - before < 20_000_000


async def test_commands_and_state_do_not_wait_behind_pictures(
    broker: Broker, client: Client, proxy: Proxy, connect: Connect
) -> None:
    main = await connect(Endpoint(proxy.port), client_id="mqttcam-test-house")
    received: list[float] = []
    main.subscribe(FRONT.get, lambda _message: received.append(time.monotonic()))
    rig = Rig.make(await connect(Endpoint(proxy.port), client_id="mqttcam-test-house-pictures"))
    proxy.rate = 200_000
    await rig.send(picture(400_000, 1))
    main.publish(FRONT.state, b"{}", qos=1)
    await in_thread(client.wait, FRONT.state)
    await in_thread(client.publish, FRONT.get, "")
    await until(lambda: received, "the command")
    assert not client.on(FRONT.image), "the picture is still in flight"
    await in_thread(client.wait, FRONT.image)


@pytest.mark.parametrize("how", ["slow", "stalled"])
async def test_stop_with_pictures_in_flight(client: Client, proxy: Proxy, connect: Connect, how: str) -> None:
    will = (TOPICS.status, b"offline")
    main = await connect(Endpoint(proxy.port), client_id="mqttcam-test-stop", will=will)
    main.publish(TOPICS.status, b"online", 1, True)
    online = await in_thread(client.wait, TOPICS.status, lambda m: m.text == "online")
    pictures = await connect(Endpoint(proxy.port), client_id="mqttcam-test-stop-pictures")
    rigs = [Rig.make(pictures, topics=TOPICS.camera(str(number))) for number in range(3)]
    proxy.rate = 100_000
    for rig in rigs:
        await rig.send(picture(1_000_000, 1))
    if how == "stalled":
        proxy.stall()
    before = time.monotonic()
    for rig in rigs:
        rig.images.close()
    await pictures.stop()
    await main.stop(last=will)
    assert time.monotonic() - before < STOP_LIMIT
    proxy.resume()
    await until(lambda: not proxy.open, "pictures in flight no longer occupy the link")
    await in_thread(client.wait, TOPICS.status, lambda m: m.text == "offline", since=online.index)
    assert not [m for m in client.messages if m.topic.endswith("/image")]


async def test_pictures_do_not_pile_up_on_a_link_slower_than_the_camera(
    client: Client, proxy: Proxy, connect: Connect
) -> None:
    rig = Rig.make(await connect(Endpoint(proxy.port)), rate=20)
    proxy.rate = 300_000
    taken: list[int] = []
    most = seq = 0

    def eight_arrived() -> bool:
        """Also offer the next picture of the camera."""
        nonlocal most, seq
        seq += 1
        if rig.offer(picture(60_000, seq)):
            taken.append(seq)
        arrived = len(client.on(FRONT.image_meta))
        most = max(most, len(taken) - arrived)
        return arrived >= 8

    await until(eight_arrived, "eight pictures")
    assert most <= 3, "one is in flight, one waits, and the meta of one has just arrived"
    assert seq > 2 * len(taken), "most pictures are dropped"
    metas = await in_thread(client.wait_many, FRONT.image_meta, 8)
    assert [m.json["seq"] for m in metas] == taken[: len(metas)]


async def test_a_frozen_broker_gets_no_old_pictures_when_it_continues(folder: Path, connect: Connect) -> None:
    with Mosquitto(folder) as broker, Client(broker, "#") as client:
        rig = Rig.make(await connect(broker), rate=25)
        for seq in range(1, 6):
            await rig.send(picture(100_000, seq))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 5)
        broker.pause()
        try:
            taken = 0
            for seq in range(100, 140):
                taken += rig.offer(picture(100_000, seq))
                await asyncio.sleep(0)
        finally:
            broker.resume()
        assert taken <= 2, "one is in flight, one waits"
        await rig.send(picture(100_000, 200))
        await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 200)
        assert rig.connection.reconnects == 0


async def test_a_dead_link_is_noticed_without_a_reset(client: Client, proxy: Proxy, connect: Connect) -> None:
    rig = Rig.make(await connect(Endpoint(proxy.port), timing=Timing(puback=1.0)))
    await rig.send(picture(100, 1))
    await until(lambda: rig.feed.ready, "the acknowledgement")
    proxy.stall()
    assert rig.offer(picture(100_000, 2))
    await until(lambda: not rig.connection.connected, "the silence is noticed")
    assert "no answer" in str(rig.connection.problem)
    proxy.resume()
    await rig.send(picture(100, 3))
    await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 3)


async def test_a_slow_link_is_not_taken_for_a_dead_one(
    client: Client, proxy: Proxy, connect: Connect
) -> None:
    rig = Rig.make(await connect(Endpoint(proxy.port), timing=Timing(puback=1.0)))
    proxy.rate = 100_000
    await rig.send(picture(300_000, 1))
    await in_thread(client.wait, FRONT.image_meta)
    assert rig.connection.reconnects == 0
