"""The Exif metadata of photos, as Pillow and exiftool read it."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image
from PIL.ExifTags import Base

from mqttcam.imaging.exif import orientation
from mqttcam.imaging.exif_writer import PhotoInfo, exif_of, with_exif
from mqttcam.imaging.orientation import UPRIGHT
from mqttcam.imaging.rgb_image import histogram, png
from tests.support.exif import tags_of
from tests.support.left_out import leave_out
from tests.support.pictures import jpeg

TAKEN = datetime(2026, 11, 29, 19, 30, 12, 345_678, timezone(timedelta(hours=-3, minutes=-30)))
INFO = PhotoInfo(
    taken=TAKEN,
    software="mqttcam 1",
    description="Front door",
    make="Sony",
    model="imx708_wide",
    lens="imx708_wide",
    exposure=1 / 8000,
    gain=2.5,
    focus=0.5,
    latitude=52.51627,
    longitude=-13.37770,
)


def exiftool(picture: bytes) -> dict[str, Any]:
    """Return what exiftool reads; fail if it finds anything wrong."""
    if shutil.which("exiftool") is None:
        leave_out("exiftool is not installed")
    run = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", "-S", "-"],
        input=picture, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    complaints = [line for line in run.stdout.decode().splitlines() if not line.startswith("Validate:")]
    assert [line for line in complaints if "ComponentsConfiguration" not in line] == []
    run = subprocess.run(
        ["exiftool", "-json", "-n", "-"], input=picture, capture_output=True, timeout=60, check=True
    )
    found: dict[str, Any] = json.loads(run.stdout)[0]
    return found


def gradient() -> Any:
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 0] = 200
    pixels[..., 1] = np.arange(60)
    return pixels


def _with_own(content: bytes) -> bytes:
    """Return a JPEG with Exif metadata of its own."""
    exif = b"Exif\0\0" + content
    return b"\xff\xd8\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg()[2:]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_exiftool_finds_everything_and_nothing_wrong(kind: str) -> None:
    picture = with_exif(jpeg(), INFO) if kind == "jpeg" else png(gradient(), exif_of(INFO))
    found = exiftool(picture)
    expected = {
        "DateTimeOriginal": "2026:11:29 19:30:12",
        "OffsetTimeOriginal": "-03:30",
        "OffsetTime": "-03:30",
        "SubSecTimeOriginal": 345,
        "Make": "Sony",
        "Model": "imx708_wide",
        "LensModel": "imx708_wide",
        "Software": "mqttcam 1",
        "ImageDescription": "Front door",
        "ISO": 250,
        "SubjectDistance": 2,
        "ExposureTime": 0.000125,
        "GPSDateStamp": "2026:11:29",
        "GPSTimeStamp": "23:00:12",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["GPSLatitude"] == pytest.approx(52.51627, abs=2e-6)
    assert found["GPSLongitude"] == pytest.approx(-13.37770, abs=2e-6)


def test_without_exiftool_pillow_finds_the_same() -> None:
    tags = tags_of(with_exif(jpeg(), INFO))
    assert (tags["DateTimeOriginal"], tags["OffsetTimeOriginal"]) == ("2026:11:29 19:30:12", "-03:30")
    assert (tags["ISOSpeedRatings"], float(tags["ExposureTime"])) == (250, 0.000125)
    assert [float(part) for part in tags["GPSInfo"][2]] == pytest.approx([52, 30, 58.57])
    assert tags["GPSInfo"][3] == "W"


def test_what_is_unknown_is_left_out_and_the_picture_is_unchanged() -> None:
    picture = jpeg()
    plain = with_exif(picture, PhotoInfo(TAKEN.astimezone(UTC), "mqttcam 1", ""))
    assert plain.endswith(picture[2:])
    tags = tags_of(plain)
    assert not {"Make", "Model", "ExposureTime", "ISOSpeedRatings", "SubjectDistance"} & tags.keys()
    assert tags["GPSInfo"] == {}
    assert tags["OffsetTimeOriginal"] == "+00:00"
    assert "SubjectDistance" in tags_of(with_exif(picture, replace(INFO, focus=0.0))), "infinity"


def test_what_a_jpeg_says_itself_stays_except_for_the_time() -> None:
    own = Image.Exif()
    own[Base.Orientation] = 6
    own[Base.Model] = "Doorbell"
    own[Base.DateTime] = "2001:01:01 00:00:00"
    own[Base.ExifOffset] = {Base.ExposureTime: 0.5, Base.FocalLength: 4.0}
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG", exif=own)
    photo = with_exif(file.getvalue(), INFO)
    assert photo.count(b"Exif\0\0") == 1
    assert orientation(photo) == orientation(file.getvalue()) != UPRIGHT
    tags = tags_of(photo)
    assert (tags["Model"], tags["Make"], tags["DateTime"]) == ("Doorbell", "Sony", "2026:11:29 19:30:12")
    assert (float(tags["ExposureTime"]), float(tags["FocalLength"])) == (0.5, 4.0)
    with Image.open(io.BytesIO(photo)) as image:
        image.load()


@pytest.mark.parametrize("content", [b"", b"II*\0\xff\xff\xff\x7f", b"II*\0" + bytes(65000)])
def test_damaged_or_huge_metadata_of_the_source_does_not_matter(content: bytes) -> None:
    assert tags_of(with_exif(_with_own(content), INFO))["Model"] == "imx708_wide"


def test_values_of_the_source_that_cannot_be_written_do_not_matter() -> None:
    """A resolution that is a text is read by Pillow, and refused when it is written."""
    entry = struct.pack("<HHI4s", Base.XResolution, 2, 2, b"x")
    content = b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    assert tags_of(with_exif(_with_own(content), INFO))["Model"] == "imx708_wide"


def test_png_has_every_pixel() -> None:
    with Image.open(io.BytesIO(png(gradient(), exif_of(INFO)))) as image:
        assert np.array_equal(np.asarray(image), gradient()[..., :3])


def test_png_and_histogram_of_planes() -> None:
    """Of odd size: the planes of the colours are half of it, rounded up."""
    y, u, v = np.full((5, 7), 76, np.uint8), np.full((3, 4), 85, np.uint8), np.full((3, 4), 255, np.uint8)
    with Image.open(io.BytesIO(png((y, u, v), b""))) as image:
        assert image.size == (7, 5)
        red = np.asarray(image)[2, 3]
    assert red[0] > 250
    assert red[1:].max() < 4
    counts = histogram((y, u, v))
    assert {channel: sum(values) for channel, values in counts.items()} == dict.fromkeys(counts, 35)
    assert counts["red"][int(red[0])] == 35


def test_histogram_counts_a_part_of_a_large_picture() -> None:
    pixels = np.zeros((2000, 3000, 4), np.uint8)
    pixels[..., 0] = 255
    pixels[:1000, :, 2] = 7
    counts = histogram(pixels)
    total = sum(counts["red"])
    assert 100_000 < total < 600_000
    assert counts["red"][255] == total
    assert counts["blue"][7] == pytest.approx(total / 2, rel=0.01)
    planes = np.full((2001, 3001), 255, np.uint8), *[np.full((1001, 1501), 128, np.uint8)] * 2
    white = histogram(planes)  # type: ignore[arg-type]
    assert white["green"][255] == sum(white["green"]) > 100_000
