"""The memory of clients of kafka-python that are no longer used."""

from __future__ import annotations

import gc
import sys
from functools import cache


def collect_clients() -> None:
    """Free the clients that were closed, or could not connect.

    Each has thousands of objects that refer to one another. Python looks for such objects rarely once they are old, and
    during an outage of Kafka a client is made for every attempt: the memory of many of them would never be returned.
    """
    if "kafka" not in sys.modules:  # no client has been made yet
        return
    gc.collect()
    _freeze_modules()


@cache
def _freeze_modules() -> None:
    """Have later collections pass over what is in memory now: most of it are the modules of the clients.

    Otherwise, each collection holds Python's lock, and with it the event loop, for 15 to 40 ms.
    """
    gc.freeze()
