"""After a failure: what to tell, once, and when to try again."""

from __future__ import annotations

import logging

from mqttcam.backoff import Backoff
from mqttcam.mqtt.refusals import Trouble

log = logging.getLogger(__name__)

SLOW = 60.0
"""Seconds until the next try after what only a person can cure, such as a wrong password."""
STABLE = 60.0
"""Seconds that a connection must live to make the next try a quick one: two daemons with the same client id
would throw each other out without a pause otherwise."""


class Retry:
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

    def failed(self, trouble: Trouble, *, quiet: bool = False) -> float:
        """Seconds until the next try. The trouble is said once, until another one comes or all was well.

        Args:
            quiet: do not say it, as somebody else does.
        """
        if trouble.at_once:
            return 0.0
        self.problem = f"MQTT {self._where}: {trouble.text}"
        if not quiet and self._said != self.problem:
            self._said = self.problem
            log.log(logging.ERROR if trouble.hopeless else logging.WARNING, "%s; trying again", self.problem)
        return SLOW if trouble.hopeless else self.backoff.next()
