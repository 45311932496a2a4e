"""How long the web server waits for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of the web server, in seconds.

    Attributes:
        idle: after which a connection without a complete request is closed.
        body: within which the body of a request has to arrive.
        tls_handshake: within which a client has to complete the TLS handshake.
        stalled: after which an MJPEG client that reads nothing is disconnected.
        snapshot: within which the camera has to deliver a frame for `snapshot.jpg`.
        heartbeat: after which a stream sends something although nothing has changed, so that clients notice a dead one.
        refresh: between two looks at values that change without a notification, such as the frame rate.
        coalesce: during which changes are collected into one update.
    """

    idle: float = 30.0
    body: float = 10.0
    tls_handshake: float = 10.0
    stalled: float = 30.0
    snapshot: float = 10.0
    heartbeat: float = 5.0
    refresh: float = 2.0
    coalesce: float = 0.05
