"""Viewers of the page: streams, snapshots and updates, read well, slowly, not at all, or ended by a reset."""

from __future__ import annotations

import http.client
import random
import time
from collections import Counter

from tests.soak.actor import Actor
from tests.soak.peers import reset
from tests.support.waiting import HOST

_TIMEOUT = 5.0
_READ, _SLOW, _STALL, _RESET = "read", "slow", "stall", "reset"


class Viewer(Actor):
    """One after another, viewers that look at a random address for a random time.

    Attributes:
        answers: number of answers by HTTP status.
        pictures: number of pictures received.
    """

    def __init__(self, port: int, cameras: list[str], rng: random.Random) -> None:
        super().__init__()
        self.answers: Counter[int] = Counter()
        self.pictures = 0
        self._port = port
        self._cameras = cameras
        self._rng = rng

    def _act(self) -> None:
        try:
            self._look()
        except (OSError, http.client.HTTPException):
            self._stop.wait(0.3)

    def _path(self) -> str:
        camera = self._rng.choice(self._cameras)
        stream = f"/cameras/{camera}/stream.mjpg"
        return self._rng.choice(
            [
                stream,
                f"{stream}?width={self._rng.choice([64, 160, 320])}",
                f"{stream}?fps=2",
                "/api/updates",
                f"/cameras/{camera}/snapshot.jpg",
                "/api/cameras",
                "/metrics",
                "/",
            ]
        )

    def _look(self) -> None:
        manner = self._rng.choice([_READ, _READ, _SLOW, _STALL, _RESET])
        until = time.monotonic() + self._rng.uniform(0.2, 6)
        connection = http.client.HTTPConnection(HOST, self._port, timeout=_TIMEOUT)
        try:
            connection.request("GET", self._path())
            response = connection.getresponse()
            self.answers[response.status] += 1
            while time.monotonic() < until and not self.ending:
                if manner == _STALL:
                    time.sleep(0.1)
                    continue
                data = response.read1(1024 if manner == _SLOW else 65536)
                if not data:
                    break
                self.pictures += data.count(b"Content-Type: image/jpeg")
            if manner == _RESET and connection.sock is not None:
                reset(connection.sock)
        finally:
            connection.close()
