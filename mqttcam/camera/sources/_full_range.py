"""H.264 whose parameter sets say that the planes have the colours of a JPEG, for encoders that leave it out.

Players take video that says nothing for limited range, and show it with too much contrast.
"""

from __future__ import annotations

import io
from typing import Any

from mqttcam.imaging.annex_b import parameter_sets

_METADATA = (
    "h264_metadata=video_full_range_flag=1"
    ":colour_primaries=6:transfer_characteristics=6:matrix_coefficients=6"
)
"""Full range, and SMPTE 170M (ITU-T H.273), as in JFIF 1.02."""


class FullRange:
    """Changes the parameter sets of one stream, which are the same at most keyframes."""

    def __init__(self) -> None:
        """Raise ImportError if PyAV is missing."""
        import av
        from av.bitstream import BitStreamFilterContext

        self._av: Any = av
        # The filter takes its codec from a stream, which is not used otherwise.
        self._container: Any = av.open(io.BytesIO(), "w", format="h264")
        self._filter = BitStreamFilterContext(_METADATA, self._container.add_mux_stream("h264"))
        self._sets = self._changed = b""

    def declare(self, keyframe: bytes) -> bytes:
        """Return a keyframe with its parameter sets changed; as it is if it has none."""
        sets = parameter_sets(keyframe, "h264")
        if not sets:
            return keyframe
        if sets != self._sets:
            self._changed = b"".join(map(bytes, self._filter.filter(self._av.Packet(sets))))
            self._sets = sets
        return keyframe.replace(sets, self._changed, 1)
