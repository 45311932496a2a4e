"""USB cameras, and whatever else is a `/dev/video` device.

| file | knows |
| --- | --- |
| `source.py` | the source: open, read, apply, close |
| `device.py` | an open device: its formats, its buffers, waiting for a frame |
| `pixels.py` | from a buffer to a JPEG or to planes |
| `controls.py` | the device's controls as ours, and back |
| `attached.py` | the devices there are, and which one is meant |
"""

from mqttcam.camera.sources.v4l2.attached import attached
from mqttcam.camera.sources.v4l2.source import V4l2Camera

__all__ = ["V4l2Camera", "attached"]
