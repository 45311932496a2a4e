"""The configurations that picamera2 is asked for; it and its cameras are substituted here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mqttcam.camera.sources.picamera2 import streams
from mqttcam.camera.sources.picamera2.attached import timed_modes
from mqttcam.camera.sources.picamera2.capabilities import Capabilities, SensorMode, properties
from mqttcam.camera.sources.picamera2.differences import differences, impossible
from mqttcam.camera.sources.picamera2.memory import StreamConfig
from mqttcam.cli.cameras import as_text
from mqttcam.settings import CameraSettings, parse_size
from mqttcam.settings.sources.picamera2 import Picamera2Source

_HQ = Capabilities(
    (4056, 3040),
    (SensorMode((1332, 990), 10), SensorMode((2028, 1080), 12), SensorMode((4056, 3040), 12)),
    ("SRGGB12", "SRGGB12_CSI2P"),
    ("YUV420", "NV12", "RGB888"),
)
"""What a High Quality Camera offers."""
_GOT: dict[str, Any] = {
    "main": {"size": (1280, 720), "format": "YUV420"},
    "sensor": {"output_size": (2028, 1080), "bit_depth": 12},
}


class LibcameraWithoutCameras:
    """A substitute for the module libcamera: values are their names."""

    ColorSpace = SimpleNamespace(Sycc=lambda: "Sycc", Rec709=lambda: "Rec709")
    Transform = staticmethod(lambda **turns: turns)


def still_of(source: dict[str, Any], *, size: str = "1280x720", raw: bool = False) -> dict[str, Any]:
    """The configuration that picamera2 is asked for, for a picture in full resolution."""
    camera = SimpleNamespace(create_still_configuration=lambda **more: more)
    settings = CameraSettings(source=Picamera2Source(**source), size=parse_size(size))
    assert isinstance(settings.source, Picamera2Source)
    return streams.still(camera, LibcameraWithoutCameras, settings, settings.source, _HQ, raw=raw)


def test_photo_is_configured_apart_from_the_stream() -> None:
    photo = {
        "size": "2028x1520",
        "format": "rgb888",
        "colour_space": "rec709",
        "buffers": 2,
        "sensor_mode": "4056x3040",
    }
    made = still_of({"buffers": 6, "sensor_mode": "1332x990", "photo": photo})
    assert made["main"] == {"size": (2028, 1520), "format": "RGB888"}
    assert made["colour_space"] == "Rec709"
    assert made["buffer_count"] == 2
    assert made["sensor"] == {"output_size": (4056, 3040), "bit_depth": 12}
    assert made["raw"] is None


def test_photo_has_the_sensors_resolution_by_default() -> None:
    made = still_of({})
    assert made["main"] == {"size": (4056, 3040), "format": "YUV420"}
    assert (made["colour_space"], made["buffer_count"], made["sensor"]) == ("Sycc", 1, {})


@pytest.mark.parametrize(
    ("source", "raw", "sensor"),
    [
        ({}, {}, {}),
        ({"raw": {"format": "srggb12_csi2p"}}, {"format": "SRGGB12_CSI2P"}, {}),
        (
            {"photo": {"sensor_mode": "4056x3040"}, "raw": {"sensor_mode": "2028x1080:12"}},
            {"size": (2028, 1080)},
            {"output_size": (2028, 1080), "bit_depth": 12},
        ),
        (
            {"photo": {"sensor_mode": "4056x3040"}},
            {"size": (4056, 3040)},
            {"output_size": (4056, 3040), "bit_depth": 12},
        ),
        ({"raw": {"format": "SGBRG10"}}, {}, {}),
    ],
)
def test_raw_stream(source: dict[str, Any], raw: dict[str, Any], sensor: dict[str, Any]) -> None:
    made = still_of(source, raw=True)
    assert made["raw"] == raw
    assert made["sensor"] == sensor
    assert still_of(source)["raw"] is None


@pytest.mark.parametrize(
    ("size", "photo", "expected"),
    [
        ("1280x720", None, (4056, 2282)),
        ("640x480", None, (4052, 3040)),
        ("720x1280", None, (1710, 3040)),
        ("1280x720", "2000x2000", (2000, 1124)),
        ("1280x720", "9000x9000", (3040, 1710)),
    ],
)
def test_photo_with_the_aspect_ratio_of_the_stream(
    size: str, photo: str | None, expected: tuple[int, int]
) -> None:
    made = still_of({"same_aspect": True, "photo": {"size": photo} if photo else {}}, size=size)
    assert made["main"]["size"] == expected


def test_what_the_camera_does_not_offer_is_named_with_what_it_offers() -> None:
    source = Picamera2Source.model_validate(
        {
            "format": "NV21",
            "sensor_mode": "9999x9999",
            "photo": {"format": "BGR888", "sensor_mode": "4056x3040:10", "size": "8000x6000"},
            "raw": {"format": "SGBRG10", "sensor_mode": "640x480"},
        }
    )
    modes = "1332x990:10, 2028x1080:12, 4056x3040:12"
    assert impossible(source, _HQ, _GOT) == [
        "source.format: the camera has no NV21, only YUV420, NV12, RGB888; it uses YUV420",
        "source.photo.format: the camera has no BGR888, only YUV420, NV12, RGB888",
        f"source.sensor_mode: the camera has no 9999x9999, only {modes}; it uses 2028x1080:12",
        f"source.photo.sensor_mode: the camera has no 4056x3040:10, only {modes}",
        f"source.raw.sensor_mode: the camera has no 640x480, only {modes}",
        "source.raw.format: the camera has no SGBRG10, only SRGGB12, SRGGB12_CSI2P",
        "source.photo.size: 8000x6000 is larger than the sensor, 4056x3040",
    ]
    possible = Picamera2Source.model_validate(
        {
            "format": "NV12",
            "sensor_mode": "2028x1080",
            "photo": {"size": "4056x3040"},
            "raw": {"format": "SRGGB12"},
        }
    )
    assert impossible(possible, _HQ, _GOT) == []


def test_another_colour_space_than_the_configured_one_is_noted() -> None:
    source = Picamera2Source(colour_space="Rec709")
    settings = CameraSettings(source=source)
    config = StreamConfig((1280, 720), 4)

    def noted(space: str) -> list[str]:
        got = _GOT | {"colour_space": f"<libcamera.ColorSpace '{space}'>"}
        return differences(settings, source, config, config, got)

    assert noted("Rec709") == []
    assert noted("sYCC") == ["source.colour_space: the camera gives sYCC instead of Rec709"]


def test_properties_can_be_written_in_json() -> None:
    camera = SimpleNamespace(
        camera_properties={
            "PixelArrayActiveAreas": [SimpleNamespace(to_tuple=lambda: (8, 16, 4056, 3040))],
            "Model": "imx477",
            "Location": 2,
            "UnitCellSize": (1550, 1550),
            "SystemDevices": (20739, 20740),
        }
    )
    assert properties(camera) == {
        "Location": 2,
        "Model": "imx477",
        "PixelArrayActiveAreas": [[8, 16, 4056, 3040]],
        "SystemDevices": [20739, 20740],
        "UnitCellSize": [1550, 1550],
    }


def test_list_of_modes_says_what_each_is_good_for() -> None:
    modes = [
        {
            "format": "SRGGB10_CSI2P",
            "unpacked": "SRGGB10",
            "bit_depth": 10,
            "size": (1332, 990),
            "fps": 120.05,
            "crop_limits": (696, 528, 2664, 1980),
            "exposure_limits": (31, 66512892, 20000),
        },
        {"format": "MJPEG"},
    ]
    assert timed_modes(SimpleNamespace(sensor_modes=modes)) == {
        "sensor_modes": {
            "1332x990:10": {
                "fps": 120.05,
                "crop": [696, 528, 2664, 1980],
                "exposure": [31, 66512892, 20000],
            }
        }
    }
    assert timed_modes(SimpleNamespace()) == {}


def test_camera_module_as_text() -> None:
    text = as_text(
        [
            {
                "id": "/base/i2c/imx477@1a",
                "model": "imx477",
                "source": {"type": "picamera2"},
                "sizes": ["4056x3040"],
                "controls": {},
                "sensor_modes": {
                    "1332x990:10": {"fps": 120.05, "crop": [696, 528, 2664, 1980]},
                    "4056x3040:12": {},
                },
                "formats": ["YUV420", "NV12"],
                "raw_formats": [],
                "properties": {"Model": "imx477"},
            }
        ]
    )
    assert text.splitlines()[2:] == [
        "  sizes: 4056x3040",
        "  sensor modes:",
        "    1332x990:10, up to 120.05 fps, crop [696, 528, 2664, 1980]",
        "    4056x3040:12",
        "  formats: YUV420, NV12",
        "  properties:",
        "    Model: imx477",
        "  controls:",
    ]
