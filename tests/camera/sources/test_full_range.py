"""H.264 from an encoder that does not say that its planes are full range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mqttcam.camera.sources._full_range import FullRange

av = pytest.importorskip("av")


def test_a_player_sees_the_colours_of_the_planes() -> None:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.time_base, encoder.options = Fraction(1, 10), {"tune": "zerolatency"}
    planes = np.full((72, 64), 128, np.uint8)
    planes[:24] = 250
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
    frame.pts = 0
    (packet,) = encoder.encode(frame)
    full_range = FullRange()
    for _ in range(2):
        declared = full_range.declare(bytes(packet))
        (picture,) = av.CodecContext.create("h264", "r").decode(av.Packet(declared))
        assert (picture.color_range, picture.colorspace) == (2, 6)
        assert np.abs(picture.to_ndarray().astype(int) - planes).max() <= 3
    assert full_range.declare(declared[-40:]) == declared[-40:], "no parameter sets"
