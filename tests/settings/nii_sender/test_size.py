"""The size of the pictures in the variables of both senders."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mqttcam.settings.size import Size
from tests.settings.nii_sender.cases import KAFKA, camera, note_of


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4K", (3840, 2160)),
        ("2K", (1920, 1080)),
        ("FHD", (1920, 1080)),
        ("HD", (1280, 720)),
        ("SVGA", (800, 600)),
        ("VGA", (640, 480)),
        ("QVGA", (320, 240)),
        ("vga", (640, 480)),
        ("(640x480)", (640, 480)),
        ("640x480", (640, 480)),
        (" 640 X 480 ", (640, 480)),
    ],
)
def test_names_and_numbers(text: str, size: tuple[int, int]) -> None:
    """In any case, with or without parentheses, as documented."""
    assert camera(PICAMERA2_SIZE=text).size == Size(*size)


def test_precedence() -> None:
    """MAIN_SIZE, then SIZE, then PICAMERA_RESOLUTION."""
    every = {"PICAMERA2_MAIN_SIZE": "VGA", "PICAMERA2_SIZE": "HD", "PICAMERA_RESOLUTION": "4K"}
    assert camera(**every).size == Size(640, 480)
    assert note_of("PICAMERA2_SIZE", **every).endswith(
        "no effect (has no effect together with PICAMERA2_MAIN_SIZE)"
    )
    del every["PICAMERA2_MAIN_SIZE"]
    assert camera(**every).size == Size(1280, 720)
    del every["PICAMERA2_SIZE"]
    assert camera(**every).size == Size(3840, 2160)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("XGA", (1024, 768)),
        ("sxga", (1280, 1024)),
        ("UXGA", (1600, 1200)),
        ("720p", (1280, 720)),
        ("1080P", (1920, 1080)),
        ("(640,480)", (640, 480)),
        ("641, 480", (640, 480)),
    ],
)
def test_as_the_older_sender_has_them(text: str, size: tuple[int, int]) -> None:
    """Its PICAMERA_RESOLUTION went to picamera, which knows more names."""
    assert camera(PICAMERA_RESOLUTION=text).size == Size(*size)


def test_odd_is_made_even() -> None:
    """picamera2 aligns sizes, so an odd one is not an error there."""
    assert camera(PICAMERA2_SIZE="641x481").size == Size(640, 480)
    assert "made even" in note_of("PICAMERA2_SIZE", PICAMERA2_SIZE="641x481")


@pytest.mark.parametrize("text", ["XGA", "640", "640x", "0x0", "(640,480)"])
def test_bad(text: str) -> None:
    with pytest.raises(ValidationError):
        camera(PICAMERA2_SIZE=text)


def test_none() -> None:
    assert camera(**KAFKA).size is None
