"""What is asked of an open source: done in its capture thread, between two frames."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mqttcam.camera.source import Source

Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Job(Generic[Result]):
    """One thing to do.

    Attributes:
        work: does it, in the capture thread.
        result: resolves on the loop with what that gave; fails with what it raised.
    """

    work: Callable[[Source], Result]
    result: asyncio.Future[Result]
