"""The outputs for pictures besides MQTT and the web.

A new output is a file or folder here, a line in `configured`, settings in `mqttcam/settings/outputs.py` and their key
in `CameraSettings`; its switch, counters, health and metrics follow.
"""

from __future__ import annotations

from mqttcam.outputs.output import Output
from mqttcam.outputs.tcp import TcpOutput
from mqttcam.settings import Settings


def configured(settings: Settings) -> list[Output]:
    """Return the configured outputs, without cameras; heavy libraries are imported when they connect."""
    found: list[Output] = [TcpOutput()]
    if settings.kafka is not None:
        from mqttcam.outputs.kafka.output import KafkaOutput

        found.append(KafkaOutput(settings.kafka, settings.node, settings.state_dir))
    return found
