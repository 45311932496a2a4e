"""The C library's memory allocator, which holds the pictures.

glibc gives threads heaps of their own, up to eight per core. Pictures of varying sizes leave holes in each, so that a
daemon with 28 threads keeps growing for hours, although what it uses does not. In one heap the holes are used again.
Python's threads hardly ever allocate at the same time, so that costs no measurable time.
"""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
"""The parameter of mallopt(3), as in malloc.h."""


def use_one_heap() -> None:
    """Have all threads use one heap; call it before there are many threads.

    Do nothing if the environment variable MALLOC_ARENA_MAX is set, or with another C library than glibc.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)
