"""All threads use one heap of the C library, unless the user wants more."""

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
from mqttcam.run.malloc import use_one_heap
use_one_heap()
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


def heaps(extra: Mapping[str, str]) -> int:
    """Return the number of heaps of a process in which four threads allocate memory; see malloc_info(3)."""
    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        leave_out("the C library is not glibc")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONMALLOC": "malloc", **extra}
    ran = subprocess.run([sys.executable, "-c", _THREADS], env=environment, capture_output=True, check=True)
    return ran.stdout.count(b"<heap ")


def test_threads_share_one_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert heaps({}) == 1


def test_the_users_number_of_heaps_is_kept() -> None:
    assert heaps({"MALLOC_ARENA_MAX": "3"}) == 3
