"""After a failure: what to tell, once, and when to try again."""

from __future__ import annotations

import logging

from mqttcam.backoff import Backoff
from mqttcam.mqtt.failures import ConnectionFailure

log = logging.getLogger(__name__)

SLOW = 60.0
"""Seconds until the next try after what only a person can cure, such as a wrong password."""
STABLE = 60.0
"""Seconds that a connection must live to make the next try a quick one: two daemons with the same client id
would throw each other out without a pause otherwise."""


class ReconnectPolicy:
    """The policy of one connection to `where`.

    Attributes:
        problem: what is wrong in words, None while there is a connection.
        short_lived: whether the last connection was.
    """

    def __init__(self, where: str) -> None:
        self.problem: str | None = None
        self.short_lived = False
        self.backoff = Backoff()
        self._where = where
        self._said: str | None = None

    def connected(self) -> None:
        """There is a connection."""
        self.problem = None

    def lived(self, seconds: float) -> None:
        """A connection has ended that was there so long."""
        self.short_lived = seconds < STABLE
        if not self.short_lived:
            self.backoff.reset()
            self._said = None

    def failed(self, failure: ConnectionFailure, *, quiet: bool = False) -> float:
        """Seconds until the next try. The trouble is said once, until another one comes or all was well.

        Args:
            quiet: do not say it, as somebody else does.
        """
        if failure.retry_now:
            return 0.0
        self.problem = f"MQTT {self._where}: {failure.text}"
        if not quiet and self._said != self.problem:
            self._said = self.problem
            log.log(logging.ERROR if failure.permanent else logging.WARNING, "%s; trying again", self.problem)
        return SLOW if failure.permanent else self.backoff.next()
