"""Pictures for somebody who takes no more than so many bytes."""

from __future__ import annotations

import logging

from mqttcam.camera.frame import Frame, Picture, PictureSpec, fitted
from mqttcam.imaging.fit import Fitter

log = logging.getLogger(__name__)


class Sizer:
    """Makes pictures within a limit, and says once for each limit what becomes of those that are larger."""

    def __init__(self, name: str, *, fit: bool = True) -> None:
        """`fit`: what is too large is made smaller, not left out; `name` is whose pictures they are."""
        self._name = name
        self._fit = fit
        self._fitter = Fitter()
        self._said: int | None = None

    def picture(self, frame: Frame, spec: PictureSpec, max_bytes: int | None) -> Picture | None:
        """The frame as a JPEG of at most `max_bytes`; None where there is none.

        Raises:
            ValueError: the source's JPEG had to be decoded, and is broken.
            Expired: the camera was closed meanwhile.
        """
        if max_bytes is None:
            return frame.picture(spec)
        if self._fit:
            made = fitted(frame, spec, max_bytes, self._fitter)
            if made is None:
                self._say(max_bytes, "they are not sent at all")
            elif self._fitter.step:
                self._say(max_bytes, f"they are sent {made.width}x{made.height} at quality {made.quality}")
            return made
        made = frame.picture(spec)
        if len(made.jpeg) <= max_bytes:
            return made
        self._say(max_bytes, "larger ones are not sent")
        return None

    def _say(self, max_bytes: int, how: str) -> None:
        if self._said != max_bytes:
            self._said = max_bytes
            log.warning("%s: pictures of at most %d bytes are taken; %s", self._name, max_bytes, how)
