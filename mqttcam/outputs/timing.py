"""The times of an output's connection."""

from __future__ import annotations

from msgspec import Struct


class OutputTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        first_retry: the longest delay before the first attempt after a failure; doubled after each further one.
        last_retry: the longest delay at all.
        silence: how long the destination may be silent before that is reported as a problem; the writer may keep
            waiting.
        stable: how long a problem that does not recur is shown on, while there are others.
        limit, longest_limit: the shortest and longest time until a limit on the size of pictures, once it has made them
            smaller, is tried again: it may have been raised.
        open: the time limit for a client to find its topic; after that, the attempt counts as failed.
        server_connect, server_answer: the time limits for SINETStream's configuration server to accept a connection,
            and to answer.
    """

    first_retry: float = 0.5
    last_retry: float = 10.0
    silence: float = 10.0
    stable: float = 30.0
    limit: float = 60.0
    longest_limit: float = 3600.0
    open: float = 5.0
    server_connect: float = 5.0
    server_answer: float = 10.0
