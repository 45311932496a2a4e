"""Which version of MQTT to use."""

from __future__ import annotations

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5

_CONFIRMATIONS = 2
"""Times that a broker must not answer MQTT 5 and accept 3.1.1 to count as one that has no MQTT 5."""
_GIVE_UP_5 = 5
"""Times in a row that a broker which has accepted MQTT 5 must not answer before 3.1.1 is tried."""


class ProtocolVersion:
    """MQTT 5, or 3.1.1 if the broker has no MQTT 5; what was learnt holds while the daemon runs.

    Some old brokers refuse MQTT 5 in their CONNACK. Others just close the connection, as a broker that is starting or
    stopping does, or misread the CONNECT and wait for more of it (amqtt 0.12): 3.1.1 is then a guess, and 5 is tried
    again at the next connection until the guess was right twice.

    Attributes:
        version: the version to use now, `MQTT_5` or `MQTT_3_1_1`.
    """

    def __init__(self, wanted: int) -> None:
        self._undecided = wanted == MQTT_5
        self._knows_5 = False
        self._guesses = 0
        self._unanswered = 0
        self.version = wanted

    def refused(self) -> bool:
        """Note that the CONNACK refuses this version; return whether another one is worth an attempt at once."""
        if not self._undecided or self.version != MQTT_5:
            return False
        self._undecided = False
        self.version = MQTT_3_1_1
        return True

    def unanswered(self) -> None:
        """Note that the broker has closed the connection instead of sending a CONNACK, or sent nothing in time."""
        self._unanswered += 1
        if self._undecided and (not self._knows_5 or self._unanswered >= _GIVE_UP_5):
            self.version = MQTT_3_1_1 if self.version == MQTT_5 else MQTT_5

    def accepted(self) -> None:
        """Note that the CONNACK accepts the connection."""
        self._unanswered = 0
        if self.version == MQTT_5:
            self._knows_5 = True
            self._guesses = 0
        elif self._undecided:
            self._guesses += 1
            self._undecided = self._guesses < _CONFIRMATIONS

    def ended(self) -> None:
        """Note that an accepted connection has ended."""
        if self._undecided:
            self.version = MQTT_5
