"""Every entity, declared once.

A new one that every camera has is one more `Entity` in `FIXED` of `camera.py`; the node's are in `node.py`, and those
that only some cameras have in `motion.py`, `outputs.py`, `controls.py` and `readings.py`.
What each of them does, in words, is in `help.py`, and for the controls of cameras in `mqttcam.camera.control_help`.
"""
