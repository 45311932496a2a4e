"""Two huge pictures are worked on at a time, whatever number of cameras has them."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.imaging.large import Places
from tests.support.pictures import claiming
from tests.support.waiting import wait_for

CAMERAS = 4


class JpegLibrary:
    """In place of simplejpeg: counts the pictures that are between the start of decoding and the end of encoding.

    Encoding waits a moment for the other pictures, so that those that may overlap do.

    Attributes:
        most: how many were so at the same time.
        pixels: those that it has returned, as long as they are kept.
    """

    def __init__(self, size: tuple[int, int], patience: float) -> None:
        self.most = 0
        self.pixels: list[weakref.ref[NDArray[np.uint8]]] = []
        self._size = size
        self._patience = patience
        self._now = 0
        self._changed = threading.Condition()

    def decode_jpeg(self, *_: object, **_options: object) -> NDArray[np.uint8]:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
        width, height = self._size
        pixels = np.zeros((height, width, 4), np.uint8)
        self.pixels.append(weakref.ref(pixels))
        return pixels

    def encode_jpeg(self, *_: object) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self.most == CAMERAS, self._patience)
            self._now -= 1
        return b"JPEG"


def pictures_of(
    size: tuple[int, int], library: JpegLibrary, monkeypatch: pytest.MonkeyPatch
) -> list[Picture]:
    """Make a picture of a frame of each camera at the same time."""
    frames = [Frame(0, *size, jpeg=claiming(*size)) for _ in range(CAMERAS)]
    for name in ("decode_jpeg", "encode_jpeg"):
        monkeypatch.setattr(simplejpeg, name, getattr(library, name))
    with ThreadPoolExecutor(CAMERAS) as threads:
        return list(threads.map(lambda frame: frame.picture(PictureSpec(50)), frames))


def test_two_huge_ones_are_worked_on_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    size = (7680, 4320)
    library = JpegLibrary(size, patience=0.1)
    pictures = pictures_of(size, library, monkeypatch)
    assert [(one.width, one.height) for one in pictures] == [size] * CAMERAS
    assert library.most == 2
    assert all(pixels() is None for pixels in library.pixels), "nor kept for another quality"


def test_others_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    size = (1280, 720)
    library = JpegLibrary(size, patience=10)
    pictures_of(size, library, monkeypatch)
    assert library.most == CAMERAS


def test_threads_get_their_places_in_the_order_in_which_they_came() -> None:
    places, order = Places(1), list[int]()

    def work(number: int) -> None:
        with places, places:
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    with places:
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_for(lambda: places.waiting == number, "it waits")  # noqa: B023
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]
