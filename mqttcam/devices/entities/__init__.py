"""Every entity, declared once.

A new one that every camera has is one more `Entity` in `FIXED` of `camera.py`; the node's are in `node.py`, and those
that only some cameras have in `motion.py`, `outputs.py`, `controls.py` and `readings.py`.
"""
