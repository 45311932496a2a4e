"""mqttcam: a camera daemon for Home Assistant, over MQTT."""

__version__ = "0.1.0"
