"""Connections of a test's event loop that outlast what used them."""

from __future__ import annotations

import asyncio


async def abort_closing() -> None:
    """Abort the connections that are closed but wait to send the rest to a peer that does not read.

    The event loop would end before them, and Python reports each as unclosed, in whatever test runs then.
    """
    loop = asyncio.get_running_loop()
    for transport in tuple(loop._transports.values()):  # type: ignore[attr-defined]  # no public way to list them
        if transport.is_closing():
            transport.abort()
    await asyncio.sleep(0)
