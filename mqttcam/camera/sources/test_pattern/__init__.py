"""The source `test_pattern`: a moving test picture with a clock and a frame counter, and controls like a camera's.

| file | knows |
| --- | --- |
| `source.py` | the source: controls, pacing, what is drawn when |
| `ball.py` | what moves, so that people see at a glance whether the picture is live |
| `clock_panel.py` | the panel with time, date and number of the frame |
"""

from mqttcam.camera.sources.test_pattern.source import BOUNCE, CONTROLS, DEFAULT_SIZE, TestPattern, attached

__all__ = ["BOUNCE", "CONTROLS", "DEFAULT_SIZE", "TestPattern", "attached"]
