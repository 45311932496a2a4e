"""The devices in Home Assistant: their discovery messages, and when they are published."""

from mqttcam.home_assistant.announcer import Announcer
from mqttcam.home_assistant.discovery import (
    camera_object_id,
    config_topic,
    discovery_messages,
    node_object_id,
)

__all__ = ["Announcer", "camera_object_id", "config_topic", "discovery_messages", "node_object_id"]
