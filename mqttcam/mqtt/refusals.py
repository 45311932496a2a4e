"""Messages and subscriptions that the broker refuses."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


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

    def add(self, topic: str, text: str) -> None:
        """Take in a refusal; `text` names the topic and the reason."""
        text = f"MQTT {self._where}: {text}"
        self._present[topic] = text
        if text not in self._logged:
            self._logged.add(text)
            log.error("%s", text)

    def accepted(self, topic: str) -> None:
        """Note that the broker has accepted a message to `topic`."""
        self._present.pop(topic, None)

    def clear(self) -> None:
        """Start with a new connection."""
        self._present.clear()
