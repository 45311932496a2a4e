"""Cameras: frames from a source, in a supervised thread, to whoever wants pictures of them."""
