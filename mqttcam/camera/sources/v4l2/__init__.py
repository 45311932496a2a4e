"""USB cameras, and other `/dev/video` devices.

| file | content |
| --- | --- |
| `source.py` | the source: opens the device, reads frames, sets controls |
| `device.py` | an open device: formats, buffers, waiting for a frame |
| `formats.py` | the format of a device, and a buffer in it |
| `pixels.py` | converts a buffer to a JPEG or to planes |
| `encoded.py` | passes H.264 and H.265 on, and decodes pictures on demand |
| `controls.py` | converts the device's controls to ours, and values back |
| `attached.py` | lists the devices, and finds the configured one |
"""

from mqttcam.camera.sources.v4l2.attached import attached
from mqttcam.camera.sources.v4l2.source import V4l2Camera

__all__ = ["V4l2Camera", "attached"]
