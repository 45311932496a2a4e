"""The times of a connection to the broker."""

from __future__ import annotations

from msgspec import Struct


class Timing(Struct, frozen=True):
    """All in seconds.

    Attributes:
        connack: the longest wait for CONNACK after CONNECT.
        puback: how long a picture may wait for its PUBACK, without any progress, before the connection counts as dead.
        stable: how long a connection must last for the next attempt to be quick again: otherwise two daemons with the
            same client id would disconnect each other without a pause.
        first_retry: the longest delay before the first attempt after a failure; doubled after each further one. When a
            broker restarts, all of its nodes connect within that time.
        last_retry: the longest delay at all.
        permanent_retry: the longest delay after a failure that only the user can correct, such as a wrong password; at
            least half of it.
        keepalive_without_will: the least keepalive of a connection without a will, which is the one for pictures: on a
            slow link a large picture delays the PINGREQ.
        takeover: the time from our CONNECT within which a broker that takes both connections for one client ends the
            other one.
    """

    connack: float = 10.0
    puback: float = 15.0
    stable: float = 60.0
    first_retry: float = 3.0
    last_retry: float = 60.0
    permanent_retry: float = 60.0
    keepalive_without_will: int = 60
    takeover: float = 1.0
