"""Pictures for somebody who takes no more than so many bytes."""

from __future__ import annotations

import logging

from mqttcam.camera.frame import Frame, Picture, PictureSpec, fit_picture, refit_picture
from mqttcam.imaging.raster import jpeg_size
from mqttcam.imaging.rate_control import JpegRateControl

log = logging.getLogger(__name__)


class PictureEncoder:
    """Makes pictures within a limit, and says once for each limit what becomes of those that are larger."""

    def __init__(self, name: str, *, fit: bool = True) -> None:
        """`fit`: what is too large is made smaller, not left out; `name` is whose pictures they are."""
        self._name = name
        self._fit = fit
        self._rate_control = JpegRateControl()
        self._said: int | None = None

    def picture(self, frame: Frame, spec: PictureSpec, max_bytes: int | None) -> Picture | None:
        """The frame as a JPEG of at most `max_bytes`; None where there is none.

        Raises:
            ValueError: the source's JPEG had to be decoded, and is broken.
            SessionEnded: the camera was closed meanwhile.
        """
        if max_bytes is None:
            return frame.picture(spec)
        if self._fit:
            made = fit_picture(frame, spec, max_bytes, self._rate_control)
            if made is None or self._rate_control.step:
                self._say(max_bytes, made)
            return made
        made = frame.picture(spec)
        if len(made.jpeg) <= max_bytes:
            return made
        self._say(max_bytes, None)
        return None

    def again(self, jpeg: bytes, spec: PictureSpec, max_bytes: int) -> bytes | None:
        """The same of a JPEG that was made before `max_bytes` was known, and is larger; for any thread.

        Raises:
            ValueError: it is broken.
        """
        made = None
        if self._fit:
            made = refit_picture(Picture(jpeg, 0, 0, *jpeg_size(jpeg), spec.quality), spec, max_bytes)
        self._say(max_bytes, made)
        return None if made is None else made.jpeg

    def _say(self, max_bytes: int, made: Picture | None) -> None:
        if self._said == max_bytes:
            return
        self._said = max_bytes
        if made is not None:
            how = f"they are sent {made.width}x{made.height} at quality {made.quality}"
        else:
            how = "they are not sent at all" if self._fit else "larger ones are not sent"
        log.warning("%s: pictures of at most %d bytes are taken; %s", self._name, max_bytes, how)
