"""When to connect again after a failure, and what to log about it."""

from __future__ import annotations

import logging

from mqttcam.backoff import Backoff
from mqttcam.mqtt.failures import ConnectionFailure
from mqttcam.mqtt.timing import Timing

log = logging.getLogger(__name__)


class ReconnectPolicy:
    """The delays and the log of one connection.

    Attributes:
        problem: the last failure in words; None while connected.
        short_lived: whether the last connection ended before `Timing.stable`.
    """

    def __init__(self, where: str, timing: Timing) -> None:
        """`where` is the address of the broker, for the log."""
        self.problem: str | None = None
        self.short_lived = False
        self._backoff = Backoff(timing.first_retry, timing.last_retry)
        self._slow = Backoff(timing.permanent_retry, timing.permanent_retry, jitter=0.5)
        self._timing = timing
        self._where = where
        self._logged: str | None = None

    @property
    def failures(self) -> int:
        """Failures since a connection was last stable."""
        return self._backoff.failures

    def connected(self) -> None:
        """Note that there is a connection."""
        self.problem = None

    def ended(self, seconds: float) -> None:
        """Note that a connection has ended, `seconds` after its CONNACK."""
        self.short_lived = seconds < self._timing.stable
        if not self.short_lived:
            self._backoff.reset()
            self._logged = None

    def waits(self, failure: ConnectionFailure) -> None:
        """Note a failure that the connection that this one follows has as well, and logs."""
        self.problem = f"MQTT {self._where}: {failure.text}"

    def failed(self, failure: ConnectionFailure) -> float:
        """Return the seconds until the next attempt; log the failure unless it was the last one logged."""
        if failure.retry_now:
            return 0.0
        self.problem = f"MQTT {self._where}: {failure.text}"
        if self._logged != self.problem:
            self._logged = self.problem
            log.log(logging.ERROR if failure.permanent else logging.WARNING, "%s; trying again", self.problem)
        return self._slow.next() if failure.permanent else self._backoff.next()
