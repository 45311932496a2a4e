"""How long the web server waits for what."""

from __future__ import annotations

from msgspec import Struct


class Timing(Struct, frozen=True):
    """Times of the web server, in seconds.

    Attributes:
        idle: the time after which a connection without a complete request is closed.
        body: the time within which the body of a request has to arrive.
        tls_handshake: the time within which a client has to complete the TLS handshake.
        stalled: the time after which a client of a stream or file that reads nothing is disconnected.
        snapshot: the time within which the camera has to deliver a frame for `snapshot.jpg`.
        disk: the time within which the disk of the recordings has to answer.
        heartbeat: the time after which a stream without news sends something, so that clients notice a dead one.
        refresh: the interval for reading values that change without a notification, such as the frame rate.
        coalesce: the time during which changes are collected into one update.
    """

    idle: float = 30.0
    body: float = 10.0
    tls_handshake: float = 10.0
    stalled: float = 30.0
    snapshot: float = 10.0
    disk: float = 10.0
    heartbeat: float = 5.0
    refresh: float = 2.0
    coalesce: float = 0.05
