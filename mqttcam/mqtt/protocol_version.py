"""Which version of MQTT to speak."""

from __future__ import annotations

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5

_SURE = 2
"""Times that a broker must close the connection of MQTT 5 and welcome 3.1.1 to be taken for an old one."""
_GIVE_UP_5 = 5
"""Times in a row that a broker which knew MQTT 5 must close the connection before 3.1.1 is tried."""


class ProtocolVersion:
    """MQTT 5, or 3.1.1 where the broker knows no 5; what was learnt is kept while the daemon runs.

    Some old brokers say so in their answer. Others just close the connection, which a broker that is starting
    or stopping does too: 3.1.1 is a guess then, and 5 is tried again at the next connection, until the guess
    has come true twice.

    Attributes:
        version: what to speak now.
    """

    def __init__(self, wanted: int) -> None:
        self._free = wanted == MQTT_5
        self._knows_5 = False
        self._guesses = 0
        self._closed = 0
        self.version = wanted

    def refused(self) -> bool:
        """The broker says that it does not know this version. True: another one is worth a try at once."""
        if not self._free or self.version != MQTT_5:
            return False
        self._free = False
        self.version = MQTT_3_1_1
        return True

    def closed(self) -> None:
        """The broker has closed the connection instead of answering."""
        self._closed += 1
        if self._free and (not self._knows_5 or self._closed >= _GIVE_UP_5):
            self.version = MQTT_3_1_1 if self.version == MQTT_5 else MQTT_5

    def welcomed(self) -> None:
        """The broker has answered yes."""
        self._closed = 0
        if self.version == MQTT_5:
            self._knows_5 = True
            self._guesses = 0
        elif self._free:
            self._guesses += 1
            self._free = self._guesses < _SURE

    def over(self) -> None:
        """The connection that was welcomed has ended."""
        if self._free:
            self.version = MQTT_5
