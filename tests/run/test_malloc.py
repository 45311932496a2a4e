"""All threads use one heap of the C library, and its free memory is used again, unless the user wants otherwise."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.support.left_out import leave_out
from tests.support.project import PROJECT

_THREADS = """
import ctypes, os, sys, threading
from mqttcam.run.malloc import configure_malloc
configure_malloc()
allocated, counted = threading.Barrier(5), threading.Event()
def allocate():
    buffer = ctypes.create_string_buffer(100_000)
    allocated.wait()
    counted.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
allocated.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
counted.set()
"""


_FRAMES = """
import ctypes, resource
from mqttcam.run.malloc import configure_malloc
configure_malloc()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def use_frames(count):
    for _ in range(count):
        planes = [libc.malloc(3_000_000) for _ in range(4)]
        for plane in planes:
            ctypes.memset(ctypes.c_void_p(plane), 1, 2_000_000)
            libc.free(ctypes.c_void_p(plane))
use_frames(3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use_frames(20)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""


def heaps(extra: Mapping[str, str]) -> int:
    """Return the number of heaps of a process in which four threads allocate memory; see malloc_info(3)."""
    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        leave_out("the C library is not glibc")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONMALLOC": "malloc", **extra}
    return run(_THREADS, environment).count("<heap ")


def run(program: str, environment: Mapping[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True
    ).stdout


def page_faults(extra: Mapping[str, str]) -> int:
    """Return the number of page faults per four blocks of 3 MB."""
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        leave_out("the C library is not glibc")
    return int(run(_FRAMES, {**os.environ, "PYTHONPATH": str(PROJECT), **extra}))


def test_threads_share_one_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert heaps({}) == 1


def test_the_users_number_of_heaps_is_kept() -> None:
    assert heaps({"MALLOC_ARENA_MAX": "3"}) == 3


def test_the_memory_of_frames_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_MMAP_THRESHOLD_", raising=False)
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    assert page_faults({}) < 10


def test_the_users_limits_of_free_memory_are_kept() -> None:
    assert page_faults({"MALLOC_MMAP_THRESHOLD_": "100000"}) > 1000
