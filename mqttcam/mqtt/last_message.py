"""The last message of a connection."""

from __future__ import annotations

import asyncio

from mqttcam.mqtt.network_connection import NetworkConnection


async def publish_last(network: NetworkConnection, topic: str, payload: bytes, within: float) -> bool:
    """Publish a retained message at QoS 1; return whether it is acknowledged `within` so many seconds."""
    acknowledged = asyncio.get_running_loop().create_future()
    if not network.publish(
        topic, payload, qos=1, retain=True, on_ack=lambda _reason: acknowledged.set_result(None)
    ):
        return False
    await asyncio.wait((acknowledged, network.ended), timeout=within, return_when=asyncio.FIRST_COMPLETED)
    return acknowledged.done()
