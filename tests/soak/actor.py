"""A thread that does the same again and again, and can be paused."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

_PAUSE = 0.1


class Actor(ABC):
    """Acts from `start` to `stop`."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._paused = threading.Event()
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 300) -> None:
        """Let what it is doing end, and wait for that."""
        self._stop.set()
        self._thread.join(timeout)

    def pause(self) -> None:
        """Begin nothing more."""
        self._idle.clear()
        self._paused.set()

    def wait_idle(self, timeout: float = 300) -> None:
        """After `pause`: wait until it does nothing."""
        if self._thread.is_alive():
            self._idle.wait(timeout)

    def resume(self) -> None:
        """Go on."""
        self._paused.clear()

    @property
    def ending(self) -> bool:
        """Whether to end soon what may take long."""
        return self._stop.is_set() or self._paused.is_set()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._paused.is_set():
                self._idle.set()
                self._stop.wait(_PAUSE)
            else:
                self._act()
        self._idle.set()

    @abstractmethod
    def _act(self) -> None:
        """Do it once."""
