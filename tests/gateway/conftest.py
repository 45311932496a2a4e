"""The fixtures of `tests.mqtt`: a broker, a client and connections."""

from tests.mqtt.conftest import broker, client, connect, folder, mosquitto, rig

__all__ = ["broker", "client", "connect", "folder", "mosquitto", "rig"]
