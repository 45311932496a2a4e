"""The C library's memory allocator, which holds the pictures.

glibc gives threads heaps of their own, up to eight per core. Pictures of varying sizes leave holes in each, so that a
daemon with 28 threads keeps growing for hours, although what it uses does not. In one heap the holes are used again.
Python's threads hardly ever allocate at the same time, so that costs no measurable time.

glibc also returns free memory to the kernel so eagerly that the memory of each large picture is taken from it again,
page by page: at 1920x1080, that is 180 page faults per frame. For a picture of 1 MB to Kafka, it is 40 % of the time.
"""

from __future__ import annotations

import ctypes
import os

_PARAMETERS = {
    "MALLOC_ARENA_MAX": (-8, 1),
    "MALLOC_MMAP_THRESHOLD_": (-3, 10_000_000),
    "MALLOC_TRIM_THRESHOLD_": (-1, 16_000_000),
}
"""The environment variable of each parameter of mallopt(3), its number in malloc.h, and our value.

Blocks of more than 10 MB are returned as soon as they are freed: those of a photo of 12 megapixels, but none of a frame
of 4K video. Of free memory at the end of the heap, 16 MB are kept.
"""


def configure_malloc() -> None:
    """Have all threads use one heap, and keep some free memory; call it before there are many threads.

    A parameter is left alone if its environment variable is set. Do nothing with another C library than glibc.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return
    for variable, (number, value) in _PARAMETERS.items():
        if variable not in os.environ:
            libc.mallopt(number, value)
