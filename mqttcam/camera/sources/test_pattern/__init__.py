"""A moving test picture with a clock and a frame counter; its controls change it as a camera's would.

| file | knows |
| --- | --- |
| `source.py` | the source: controls, pace, what is drawn when |
| `ball.py` | what moves, so that a person sees at once whether the picture lives |
| `clock_panel.py` | the panel with time, date and number of the frame |
"""

from mqttcam.camera.sources.test_pattern.source import CONTROLS, DEFAULT_SIZE, TestPattern, attached

__all__ = ["CONTROLS", "DEFAULT_SIZE", "TestPattern", "attached"]
