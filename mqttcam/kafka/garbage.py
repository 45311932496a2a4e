"""The memory of clients of kafka-python that are no longer used."""

from __future__ import annotations

import gc


def collect_clients() -> None:
    """Free the clients that were closed, or could not connect.

    Each has thousands of objects that refer to one another. Python looks for such objects rarely once they are old, and
    during an outage of Kafka a client is made for every attempt: the memory of many of them would never be returned.
    """
    gc.collect()
