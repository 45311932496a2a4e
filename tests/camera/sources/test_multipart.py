"""The parts of an endless HTTP answer."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.multipart import MAX_PICTURE, boundary_of, pictures


class Trickle:
    """Bytes in pieces of given lengths."""

    def __init__(self, data: bytes, lengths: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._lengths = lengths or [1]
        self._turn = 0

    def read1(self, size: int, /) -> bytes:
        self._turn += 1
        return self._data.read(min(size, self._lengths[self._turn % len(self._lengths)]))


def stream(
    parts: list[bytes], *, sized: bool, boundary: bytes = b"frame", line_end: bytes = b"\r\n"
) -> bytes:
    length = b"Content-Length: %d" + line_end
    return (
        b"".join(
            b"--"
            + boundary
            + line_end
            + b"Content-Type: image/jpeg"
            + line_end
            + (length % len(part) if sized else b"")
            + line_end
            + part
            + line_end
            for part in parts
        )
        + b"--"
        + boundary
    )


@given(
    parts=st.lists(
        st.binary(min_size=1, max_size=300).filter(lambda part: b"--frame" not in part), max_size=6
    ),
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=5),
    sized=st.booleans(),
    line_end=st.sampled_from([b"\r\n", b"\n"]),
)
def test_every_part_comes_whole_however_it_arrives(
    parts: list[bytes], lengths: list[int], sized: bool, line_end: bytes
) -> None:
    sent = stream(parts, sized=sized, line_end=line_end)
    assert list(pictures(Trickle(sent, lengths), b"frame")) == parts


def test_a_boundary_within_a_part_that_tells_its_length_is_content() -> None:
    parts = [b"\xff\xd8--frame\r\n\r\n\xff\xd9", b"\xff\xd8\xff\xd9"]
    assert list(pictures(Trickle(stream(parts, sized=True), [7]), b"frame")) == parts


def test_a_part_that_is_cut_off_is_left_out() -> None:
    whole = stream([b"first", b"second"], sized=True)
    assert list(pictures(Trickle(whole[:-12], [50]), b"frame")) == [b"first"]


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ('multipart/x-mixed-replace;boundary="frame"', b"frame"),
        ("multipart/x-mixed-replace; boundary=--frame", b"frame"),
        ("multipart/x-mixed-replace; charset=x; boundary=a.b_c", b"a.b_c"),
        ("multipart/x-mixed-replace", b""),
    ],
)
def test_boundary_as_cameras_announce_it(content_type: str, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


def test_a_part_longer_than_any_picture_is_refused() -> None:
    announced = b"--frame\r\nContent-Length: %d\r\n\r\n" % (MAX_PICTURE + 1)
    with pytest.raises(SourceError, match="announces a picture of"):
        list(pictures(Trickle(announced, [50]), b"frame"))


def test_headers_that_never_end_are_refused() -> None:
    with pytest.raises(SourceError, match="not a multipart stream"):
        list(pictures(Trickle(b"--frame\r\n" + b"x" * 100_000, [60_000]), b"frame"))
    with pytest.raises(SourceError, match="not a multipart stream"):
        list(pictures(Trickle(b"--frame\n" + b"X: y\n" * 20_000, [60_000]), b"frame"))
