"""The video of a container that PyAV has opened."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mqttcam.camera.source import SourceError

_SQUARE = Fraction(1)


def any_encoding(av: Any) -> dict[str, Any]:
    """Return the arguments of `av.open` with which a title that is not UTF-8 does no harm.

    PyAV up to 18 fails at one unless told otherwise; PyAV 19 reads them only when asked, and has no such argument.
    """
    return {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}


class VideoStream:
    """The stream to show, without the still picture of a cover.

    Attributes:
        av_stream: PyAV's stream.
        decoder: its codec context.
        codec: its name.
    """

    def __init__(self, container: Any, max_pixels: int) -> None:
        """Prepare the decoder, which refuses pictures of more than `max_pixels`.

        Raises:
            SourceError: there is no video, or its codec is unknown.
        """
        self.av_stream = container.streams.best("video")
        if self.av_stream is None:
            raise SourceError("the stream has no video")
        for other in container.streams.video:
            if other is not self.av_stream:
                other.discard = type(other.discard)["all"]  # HLS offers the same video in several sizes
        self.decoder = self.av_stream.codec_context
        if self.decoder is None:
            raise SourceError("there is no decoder for the video")
        self.decoder.options = {"max_pixels": str(max_pixels)}
        self.codec: str = self.decoder.name
        # As in FFmpeg's av_guess_sample_aspect_ratio, the container takes precedence.
        given = self.av_stream.sample_aspect_ratio
        self._container_aspect = given if given and given != self.decoder.sample_aspect_ratio else None

    @property
    def pixel_aspect(self) -> Fraction:
        """Width of a pixel divided by its height, as the newest picture has it."""
        return Fraction(self._container_aspect or self.decoder.sample_aspect_ratio or _SQUARE)
