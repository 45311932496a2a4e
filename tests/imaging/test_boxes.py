"""Boxes are where they should be, and their labels are readable at every edge."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.imaging.boxes import LabelledBox, draw_boxes
from mqttcam.imaging.raster import decode
from tests.support.pictures import jpeg


def test_the_lines_are_at_the_edges_of_the_box() -> None:
    before = jpeg(320, 240)
    drawn = decode(draw_boxes(before, [LabelledBox(0.25, 0.25, 0.5, 0.5, "car", "car 90%")], 95))
    difference = np.abs(drawn.astype(int) - decode(before)).max(axis=2)
    assert drawn.shape == decode(before).shape
    changed = difference > 60
    for column in (80, 239):
        assert changed[70:170, column].mean() > 0.6
    assert changed[178:181, 90:230].max(axis=0).mean() > 0.6
    assert changed[80:160, 100:220].mean() < 0.01, "the inside stays"


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (1, 1, 0, 0), (0.99, 0, 0.01, 0.01), (0, 0.5, 0, 0.5)])
def test_any_box_can_be_drawn(box: tuple[float, float, float, float]) -> None:
    drawn = draw_boxes(
        jpeg(64, 48), [LabelledBox(*box, "traffic light", "traffic light 100% \u00e4\u6f22")], 80
    )
    assert decode(drawn).shape[:2] == (48, 64)


def test_a_broken_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="the JPEG cannot be decoded"):
        draw_boxes(b"\xff\xd8\xff\xd9", [], 80)
