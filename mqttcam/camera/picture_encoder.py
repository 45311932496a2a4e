"""Pictures for a receiver with a limit in bytes."""

from __future__ import annotations

import logging

from mqttcam.camera.frame import Frame, Picture, PictureSpec, fit_picture, refit_picture
from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS
from mqttcam.imaging.rate_control import JpegRateControl

log = logging.getLogger(__name__)


class PictureEncoder:
    """Makes pictures within a limit, and logs once for each limit what is done to larger ones.

    Attributes:
        limited: whether the last picture was made smaller or left out for its limit.
    """

    def __init__(self, name: str, *, fit: bool = True) -> None:
        """Do nothing yet.

        Args:
            name: of the receiver, for the log.
            fit: make pictures smaller that are too large; else they are left out.
        """
        self._name = name
        self._fit = fit
        self._rate_control = JpegRateControl()
        self._logged_limit: int | None = None
        self.limited = False

    def encode(self, frame: Frame, spec: PictureSpec, max_bytes: int | None) -> Picture | None:
        """Return the frame as a JPEG of at most `max_bytes`; `None` if that is impossible.

        Raises:
            ValueError: the source's JPEG had to be decoded, and is broken.
            SessionEnded: the camera was closed meanwhile.
        """
        if max_bytes is None:
            return frame.picture(spec)
        if self._fit:
            made = fit_picture(frame, spec, max_bytes, self._rate_control)
            self.limited = made is None or self._rate_control.step > 0
        else:
            made = frame.picture(spec)
            self.limited = len(made.jpeg) > max_bytes
            made = None if self.limited else made
        if self.limited:
            self._log_limit(max_bytes, made)
        return made

    def encode_again(self, jpeg: bytes, spec: PictureSpec, max_bytes: int) -> bytes | None:
        """Return a JPEG again, in at most `max_bytes`; for one made before the limit was known. For any thread.

        Raises:
            ValueError: the JPEG is broken.
        """
        made = None
        if self._fit:
            size = read_header(
                jpeg, LARGEST_MAX_PIXELS
            ).size  # the source has checked it against its own limit
            made = refit_picture(Picture(jpeg, 0, 0, *size, spec.quality), spec, max_bytes)
        self._log_limit(max_bytes, made)
        return None if made is None else made.jpeg

    def _log_limit(self, max_bytes: int, made: Picture | None) -> None:
        if self._logged_limit == max_bytes:
            return
        self._logged_limit = max_bytes
        if made is not None:
            how = f"larger ones are sent as {made.width}x{made.height} at quality {made.quality}"
        else:
            how = "even the smallest is larger, and none is sent" if self._fit else "larger ones are not sent"
        log.warning("%s: the limit is %d bytes per picture; %s", self._name, max_bytes, how)
