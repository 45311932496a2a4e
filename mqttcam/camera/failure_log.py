"""The log of a camera's failures: what repeats is logged once."""

from __future__ import annotations

import logging

from mqttcam.camera.source import SourceError, SourceFault
from mqttcam.text import one_line

log = logging.getLogger(__name__)


class FailureLog:
    """Logs what is new at WARNING, what repeats at DEBUG, and a fault's traceback once for each place."""

    def __init__(self, camera: str) -> None:
        """`camera` is its id."""
        self._camera = camera
        self._last = self._last_stuck = ""
        self._traced: set[tuple[str, int]] = set()

    def log(self, problem: SourceError, *, is_first: bool) -> None:
        """Log a failure; `is_first` if the source worked until now."""
        words = one_line(str(problem))
        fault = problem.__cause__ if isinstance(problem, SourceFault) else None
        if fault is not None and (place := _place(fault)) not in self._traced:
            self._traced.add(place)
            log.error("camera %s: its source failed: %s; trying again", self._camera, words, exc_info=fault)
        elif is_first or words != self._last:
            log.warning("camera %s: %s; trying again", self._camera, words)
        else:
            log.debug("camera %s: %s; trying again", self._camera, words)
        self._last = words

    def log_stuck(self, words: str) -> None:
        """Log that only a new process or a reboot helps."""
        if words != self._last_stuck:
            log.error("camera %s: %s", self._camera, one_line(words))
        self._last_stuck = words


def _place(fault: BaseException) -> tuple[str, int]:
    """Return the file and line where an exception was raised."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ("", 0)
