"""Every entity, declared once. A new one is one more `Entity` in `camera.py` or `node.py`."""
