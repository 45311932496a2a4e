"""The JPEGs in the body of an HTTP response."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url.jpeg_stream import MAX_PICTURE, boundary_of, pictures
from tests.support.pictures import jpeg

START, END = b"\xff\xd8\xff", b"\xff\xd9"


class Trickle:
    """Bytes in pieces of given lengths."""

    def __init__(self, data: bytes, lengths: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._lengths = lengths or [1]
        self._turn = 0

    def read1(self, size: int, /) -> bytes:
        self._turn += 1
        return self._data.read(min(size, self._lengths[self._turn % len(self._lengths)]))


def scan(content: bytes) -> bytes:
    """Return what looks like a JPEG: without tables, and with `content` as its scan."""
    return START + b"\xda\x00\x02" + content.replace(b"\xff", b"\xff\x00") + END


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
    contents=st.lists(st.binary(max_size=300), max_size=6),
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=5),
    sized=st.booleans(),
    line_end=st.sampled_from([b"\r\n", b"\n", b""]),
)
def test_every_picture_comes_whole_however_it_arrives(
    contents: list[bytes], lengths: list[int], sized: bool, line_end: bytes
) -> None:
    parts = [scan(content) for content in contents]
    sent = stream(parts, sized=sized, line_end=line_end or b"\n")
    if not line_end:
        sent = sent.replace(END + b"\n", END)
    assert list(pictures(Trickle(sent, lengths), b"frame")) == parts


@given(data=st.binary(max_size=2000), lengths=st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_any_bytes_are_read_to_their_end(data: bytes, lengths: list[int]) -> None:
    for start in (b"", START, b"--b\r\nContent-Length: 50\r\n\r\n" + START, scan(b"x")[:-2]):
        for picture in pictures(Trickle(start + data, lengths), b"b"):
            assert picture.startswith(START)


def test_boundary_within_a_picture_is_content() -> None:
    parts = [scan(b"--frame\r\n\r\n"), scan(b"")]
    for sized in (True, False):
        assert list(pictures(Trickle(stream(parts, sized=sized), [7]), b"frame")) == parts


def test_picture_within_a_picture_is_content() -> None:
    thumbnail = b"\xff\xe1" + (len(scan(b"")) + 2).to_bytes(2, "big") + scan(b"")
    whole = b"\xff\xd8" + thumbnail + scan(b"content")[2:]
    progressive = START + b"\xda\x00\x02a\xff\xc4\x00\x04\xff\xd9\xff\xda\x00\x02b" + END
    assert list(pictures(Trickle((whole + progressive) * 2, [11]), b"")) == [whole, progressive] * 2


def test_fill_bytes_before_a_marker_are_content() -> None:
    filled = b"\xff\xd8\xff\xff\xff\xe0\x00\x04ab\xff\xff\xda\x00\x02x" + END
    assert list(pictures(Trickle(filled * 2, [3]), b"")) == [filled] * 2


@pytest.mark.parametrize("boundary", [b"b", b"other"])
@pytest.mark.parametrize("sized", [True, False])
def test_picture_without_its_end_marker_ends_before_the_next_part(boundary: bytes, sized: bool) -> None:
    picture = jpeg(64, 48)[:-2]
    sent = stream([picture] * 3, sized=sized, boundary=boundary)
    found = list(pictures(Trickle(sent, [1000]), b"b"))
    assert found == [picture] * 3


def test_picture_without_its_end_marker_comes_at_once_if_its_length_is_known() -> None:
    picture = jpeg(64, 48)[:-2]
    sent = b"--b\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture

    class Open(Trickle):
        def read1(self, size: int, /) -> bytes:
            return super().read1(size) or pytest.fail("nothing else has come yet")

    assert next(pictures(Open(sent, [1000]), b"b")) == picture


def test_length_of_a_part_that_is_wrong_costs_no_picture() -> None:
    parts = [scan(b"x" * 500), scan(b"y" * 400), scan(b"z" * 300)]
    right = stream(parts, sized=True)
    for change in (-300, -16, 2, 16, 100, 4096):
        sent = right
        for part in parts:
            sent = sent.replace(b"Length: %d" % len(part), b"Length: %d" % (len(part) + change))
        assert list(pictures(Trickle(sent, [50]), b"frame")) == parts, change


def test_part_that_is_cut_off_is_not_waited_for() -> None:
    first, second = scan(b"first"), scan(b"second")
    whole = stream([first, second], sized=True)
    found = list(pictures(Trickle(whole[:-14], [50]), b"frame"))
    assert found[0] == first
    assert second.startswith(found[1])


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


def test_picture_longer_than_any_is_refused() -> None:
    with pytest.raises(SourceError, match="longer than 33554432 bytes"):
        list(pictures(Trickle(START + bytes(MAX_PICTURE + (1 << 17)), [1 << 16]), b"frame"))


def test_stream_without_pictures_is_refused() -> None:
    with pytest.raises(SourceError, match="has no JPEGs"):
        list(pictures(Trickle(b"--frame\n" + b"X: y\n" * (MAX_PICTURE // 4), [1 << 16]), b"frame"))
