"""The times of a connection to the broker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds.

    Attributes:
        connack: from CONNECT to CONNACK.
        puback: the connection counts as dead once a picture has waited this long for its PUBACK without any progress.
        stable: a connection must live this long for the next attempt to come quickly again: otherwise two daemons with
            the same client id would disconnect each other without a pause.
        first_retry: the longest delay before the first attempt after a failure; doubled after each further one.
        last_retry: the longest delay at all.
        permanent_retry: the delay after a failure that only the user can correct, such as a wrong password.
        keepalive_without_will: the least keepalive of a connection without a will, which is the one for pictures: on a
            slow link a large picture delays the PINGREQ.
        takeover: a broker that takes both connections for one client ends the other within this time of our CONNECT.
    """

    connack: float = 10.0
    puback: float = 15.0
    stable: float = 60.0
    first_retry: float = 1.0
    last_retry: float = 60.0
    permanent_retry: float = 60.0
    keepalive_without_will: int = 60
    takeover: float = 1.0
