"""The connections of `tests.mqtt`, with publishers of pictures on them."""

from tests.mqtt.conftest import broker, client, connect, folder, mosquitto, rig

__all__ = ["broker", "client", "connect", "folder", "mosquitto", "rig"]
