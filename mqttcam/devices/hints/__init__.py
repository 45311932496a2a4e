"""What a user can do about a problem: the tables of docs/troubleshooting.md, from which the hints of the page come."""

from mqttcam.devices.hints.broker import BROKER
from mqttcam.devices.hints.cameras import CAMERAS
from mqttcam.devices.hints.daemon import DAEMON
from mqttcam.devices.hints.hint import Hint, explain
from mqttcam.devices.hints.outputs import KAFKA, TCP

__all__ = ["BROKER", "CAMERAS", "DAEMON", "KAFKA", "TCP", "Hint", "explain"]
