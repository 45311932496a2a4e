"""Raspberry Pi camera modules, through Picamera2.

| file | knows |
| --- | --- |
| `source.py` | the source: open, read, apply, close |
| `library.py` | loading picamera2, finding a camera, one open or close at a time |
| `streams.py` | from the settings to a configuration, and to a smaller one where memory is short |
| `requests.py` | running picamera2's event loop, and taking completed requests |
| `frames.py` | from a completed request to a frame, without copying |
| `controls.py` | libcamera's controls as ours, and back |
| `table.py` | all controls of an open camera, and what one does to others |
| `derived.py` | controls that stand for others: frame rate, zoom, flicker, colour gains |
| `metadata_fields.py` | what the camera reports of its frames |
| `attached.py` | the cameras there are |
| `failures.py` | what went wrong, in words |
"""

from mqttcam.camera.sources.picamera2.attached import attached
from mqttcam.camera.sources.picamera2.source import PiCamera

__all__ = ["PiCamera", "attached"]
