"""Pictures encoded in a separate thread."""

from __future__ import annotations

import queue
import threading

import pytest

from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded
from tests.camera.broken import grey_planes

TIMEOUT = 10


def assert_true(value: bool) -> None:
    assert value


def test_a_frame_is_copied_once_and_stays_as_it_was() -> None:
    thread, pictures = EncoderThread("encode"), queue.SimpleQueue[Picture]()
    frame, again = (Frame(1, 64, 48, planes=grey_planes()) for _ in range(2))
    expected = again.picture(PictureSpec()).jpeg
    may_encode = threading.Event()
    thread.submit(frame, lambda _copy: assert_true(may_encode.wait(TIMEOUT)))
    copies: list[Frame] = []
    for _ in range(2):
        thread.submit(frame, copies.append)
    thread.submit(frame, lambda copy: pictures.put(copy.picture(PictureSpec())))
    assert frame.planes is not None
    frame.planes[0][:] = 0
    may_encode.set()
    assert pictures.get(timeout=TIMEOUT).jpeg == expected
    assert copies[0] is copies[1]
    thread.stop()


def test_a_copy_of_an_ended_session_gives_no_picture() -> None:
    frame = Frame(1, 64, 48, planes=grey_planes())
    frame.session = CaptureSession()
    copy = frame.copy()
    frame.session.ended = True
    with pytest.raises(SessionEnded):
        copy.picture(PictureSpec())


def test_what_was_made_already_is_not_made_again() -> None:
    frame = Frame(1, 64, 48, planes=grey_planes())
    assert not frame.is_ready(PictureSpec())
    made = frame.picture(PictureSpec())
    assert frame.is_ready(PictureSpec())
    assert frame.copy().picture(PictureSpec()) is made
    passed_through = Frame(1, 64, 48, jpeg=made.jpeg)
    assert passed_through.is_ready(PictureSpec())
    assert not passed_through.is_ready(PictureSpec(50))
    assert not passed_through.is_ready(PictureSpec(max_width=32))


def test_without_more_threads_pictures_are_made_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    thread, used = EncoderThread("encode"), list[threading.Thread]()
    monkeypatch.setattr(threading.Thread, "start", none_left)
    thread.submit(
        Frame(1, 64, 48, planes=grey_planes()), lambda _frame: used.append(threading.current_thread())
    )
    assert used == [threading.current_thread()]


def test_stop_ends_the_thread() -> None:
    used: list[threading.Thread] = []
    thread, called = EncoderThread("encode"), threading.Event()

    def encode(_frame: Frame) -> None:
        used.append(threading.current_thread())
        called.set()

    thread.submit(Frame(1, 64, 48, planes=grey_planes()), encode)
    assert called.wait(TIMEOUT)
    thread.stop()
    used[0].join(TIMEOUT)
    assert not used[0].is_alive()
