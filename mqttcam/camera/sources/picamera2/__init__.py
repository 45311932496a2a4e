"""Raspberry Pi camera modules, through Picamera2.

| file | content |
| --- | --- |
| `source.py` | the source: opens the camera, reads frames, sets controls |
| `running.py` | a configured and started camera |
| `stills.py` | pictures in full resolution |
| `library.py` | loads picamera2, serializes opening and closing |
| `selection.py` | finds the camera that the settings mean |
| `tuning.py` | has libcamera load a tuning file for each model |
| `capabilities.py` | sensor modes, pixel formats and properties of a camera |
| `streams.py` | picamera2's configurations from the settings |
| `memory.py` | smaller configurations if camera memory is short |
| `differences.py` | describes how the camera differs from the settings |
| `requests.py` | runs picamera2's event loop, and takes completed requests |
| `frame_reader.py` | frames of completed requests |
| `frames.py` | the planes and metadata of a completed request, without copying |
| `controls.py` | converts libcamera's controls to ours, and values back |
| `turned.py` | windows, pan and tilt of a picture that is turned by a quarter |
| `table.py` | all controls of an open camera, and their effects on each other |
| `derived.py` | controls that replace libcamera's: frame rate, zoom, flicker, colour gains |
| `attached.py` | lists the attached cameras |
| `failures.py` | describes libcamera's failures in words |
"""

from mqttcam.camera.sources.picamera2.attached import attached
from mqttcam.camera.sources.picamera2.source import PiCamera

__all__ = ["PiCamera", "attached"]
