"""Cameras on broken hardware, as `tests.camera` has them."""

from tests.camera.conftest import _nothing_unheard, make_camera

__all__ = ["_nothing_unheard", "make_camera"]
