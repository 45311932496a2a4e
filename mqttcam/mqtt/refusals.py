"""Messages and subscriptions that the broker refuses."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)

_MOST = 100
"""Topics that are remembered, and texts that are logged."""


class Refusals:
    """The present refusals by topic; each is logged once."""

    def __init__(self, where: str) -> None:
        """`where` is the address of the broker."""
        self._where = where
        self._present: dict[str, str] = {}
        self._logged: set[str] = set()

    @property
    def problem(self) -> str | None:
        """The first refusal in words, and how many more there are; None if there is none."""
        if not self._present:
            return None
        first, *others = self._present.values()
        return f"{first} (and {len(others)} more topics)" if others else first

    def add(self, topic: str, text: str, *, is_response: bool = False) -> None:
        """Take in a refusal.

        Args:
            text: names the topic and the reason.
            is_response: whether another client has chosen the topic: then it is that client's problem.
        """
        text = f"MQTT {self._where}: {text}"
        if is_response:
            log.debug("%.500s", text)
            return
        if topic in self._present or len(self._present) < _MOST:
            self._present[topic] = text
        if text not in self._logged and len(self._logged) < _MOST:
            self._logged.add(text)
            log.error("%s", text)

    def accepted(self, topic: str) -> None:
        """Note that the broker has accepted a message to `topic`."""
        self._present.pop(topic, None)

    def clear(self) -> None:
        """Start with a new connection."""
        self._present.clear()
