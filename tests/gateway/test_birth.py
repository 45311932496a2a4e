"""Many nodes do not answer the birth message of Home Assistant at the same time."""

from __future__ import annotations

import asyncio

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.node import Node
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.settings import HomeAssistantSettings
from tests.mqtt.tools import in_thread, login_settings, subscribed
from tests.support.broker import Broker
from tests.support.bursts import most_within
from tests.support.client import Client
from tests.support.waiting import until

NODES = 30


async def test_nodes_do_not_answer_a_birth_message_together(broker: Broker, client: Client) -> None:
    settings, topic = login_settings(broker), HomeAssistantSettings().listen_topic
    names = [f"node{number}" for number in range(NODES)]
    nodes = [
        MqttGateway(settings, HomeAssistantSettings(), DeviceRegistry(Node(name)), name) for name in names
    ]
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            await subscribed(node._connection)
        await in_thread(client.publish, topic, "online")

        def answers() -> list[float]:
            return [node._birth.when() for node in nodes if node._birth is not None]

        await until(lambda: len(answers()) == NODES, "all are about to answer")
        assert most_within(0.1, answers()) <= NODES * 2 / 3
    finally:
        await asyncio.gather(*(node.stop() for node in nodes))
