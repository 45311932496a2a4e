"""Settings of the sensor: its mode, and high dynamic range. Their effect can only be seen on a real sensor."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, Self

import libcamera
import pytest
from picamera2 import Picamera2

from mqttcam.camera.sources.picamera2 import streams
from mqttcam.camera.sources.picamera2.capabilities import Capabilities, SensorMode, capabilities
from mqttcam.camera.sources.picamera2.differences import impossible
from mqttcam.camera.sources.picamera2.memory import StreamConfig
from mqttcam.settings.sources.picamera2 import Picamera2Source
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import BARS, OpenCamera, settings_of

_HDR = libcamera.controls.HdrModeEnum


@pytest.mark.parametrize(
    ("hdr", "in_sensor", "mode"),
    [
        (None, False, None),
        (True, False, _HDR.SingleExposure),
        (False, False, _HDR.Off),
        (True, True, _HDR.Off),
    ],
)
def test_hdr_is_done_once_by_the_sensor_or_by_the_pi(hdr: bool | None, in_sensor: bool, mode: Any) -> None:
    settings = settings_of(BARS, hdr=hdr)
    camera = SimpleNamespace(camera_controls={"HdrMode": (0, 4, 0)})
    controls = streams.first_controls(camera, settings, settings.source, in_sensor)  # type: ignore[arg-type]
    assert controls == ({} if mode is None else {"HdrMode": int(mode)})


def test_hdr_is_not_requested_from_a_pi_without_it() -> None:
    settings = settings_of(BARS, hdr=True)
    assert streams.first_controls(SimpleNamespace(camera_controls={}), settings, settings.source, False) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("hdr", [True, False])
def test_hdr_of_module_3_is_set_before_it_is_opened(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch, hdr: bool
) -> None:
    told: list[str] = []

    class Sensor:
        """A substitute for picamera2's IMX708, which needs the sensor's own device."""

        def __init__(self, number: int) -> None:
            told.append(f"camera {number}")

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
        ) -> None:
            told.append("let go")

        def set_sensor_hdr_mode(self, enable: bool) -> None:
            told.append(f"hdr {enable}")

    found = Picamera2.global_camera_info()
    # The package that it is in loads libraries of other sensors, which only a Pi has.
    monkeypatch.setitem(sys.modules, "picamera2.devices", ModuleType("picamera2.devices"))
    monkeypatch.setitem(sys.modules, "picamera2.devices.imx708", SimpleNamespace(IMX708=Sensor))
    monkeypatch.setattr(
        Picamera2,
        "global_camera_info",
        staticmethod(lambda: [one | {"Model": "imx708_wide"} for one in found]),
    )
    start = Picamera2.__init__

    def spy(self: Picamera2, *arguments: Any, **more: Any) -> None:
        told.append("opened")
        start(self, *arguments, **more)

    monkeypatch.setattr(Picamera2, "__init__", spy)
    source = opened(BARS, hdr=hdr)
    assert source.read(2) is not None
    number = next(one["Num"] for one in found if one["Id"] == BARS)
    assert told == [f"camera {number}", f"hdr {hdr}", "let go", "opened"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1920x1080:10", {"output_size": (1920, 1080), "bit_depth": 10}),
        ("640x480", {"output_size": (640, 480)}),
    ],
)
def test_sensor_mode_is_requested(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch, text: str, wanted: dict[str, object]
) -> None:
    asked: list[Any] = []
    create = Picamera2.create_video_configuration

    def spy(self: Picamera2, *arguments: Any, **more: Any) -> Any:
        if "sensor" in more:  # picamera2 itself makes one as well
            asked.append(dict(more["sensor"]))
        return create(
            self, *arguments, **(more | {"sensor": {}})
        )  # virtual cameras have no modes to choose from

    monkeypatch.setattr(Picamera2, "create_video_configuration", spy)
    opened(sensor_mode=text)
    assert asked == [wanted]


def test_another_mode_than_the_configured_one_is_noted() -> None:
    source = Picamera2Source(sensor_mode="2304x1296:10")
    offered = Capabilities((4608, 2592), (SensorMode((2304, 1296), 10), SensorMode((4608, 2592), 10)), (), ())
    got = {
        "main": {"size": (640, 480), "format": "YUV420"},
        "sensor": {"output_size": (4608, 2592), "bit_depth": 10},
    }
    assert impossible(source, offered, got) == [
        "source.sensor_mode: 2304x1296:10 does not suit the size; it uses 4608x2592:10"
    ]
    assert impossible(source.model_copy(update={"sensor_mode": "1536x864"}), offered, got) == [
        "source.sensor_mode: the camera has no 1536x864, only 2304x1296:10, 4608x2592:10; it uses 4608x2592:10"
    ]
    got["sensor"] = {"output_size": (2304, 1296), "bit_depth": 10}
    assert impossible(source, offered, got) == []


def test_a_mode_without_bits_is_the_deepest_of_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The HQ camera has 1332x990 only with 10 bits; by default, picamera2 looks for 12."""
    modes = {
        "SRGGB12_CSI2P": [(2028, 1080), (4056, 3040)],
        "SRGGB10_CSI2P": [(1332, 990)],
        "MJPEG": [(1332, 990)],
    }
    formats = SimpleNamespace(
        pixel_formats=list(modes),
        sizes=lambda pixels: [SimpleNamespace(width=width, height=height) for width, height in modes[pixels]],
    )
    raw = SimpleNamespace(at=lambda _index: SimpleNamespace(formats=formats))
    asked: list[Any] = []
    camera = SimpleNamespace(
        camera=SimpleNamespace(generate_configuration=lambda _roles: raw),
        create_video_configuration=lambda **more: more,
        sensor_resolution=(4056, 3040),
    )
    offered = capabilities(camera, libcamera)
    assert [str(mode) for mode in offered.modes] == ["1332x990:10", "2028x1080:12", "4056x3040:12"]
    for mode in ("1332x990", "4056x3040", "1332x990:12", "640x480"):
        settings = settings_of(BARS, sensor_mode=mode)
        config, source = StreamConfig((640, 480), 4), settings.source
        assert isinstance(source, Picamera2Source)
        made = streams.stream(camera, libcamera, settings, source, offered, config, {})
        asked.append(made["sensor"])
    assert asked == [
        {"output_size": (1332, 990), "bit_depth": 10},
        {"output_size": (4056, 3040), "bit_depth": 12},
        {"output_size": (1332, 990), "bit_depth": 12},
        {"output_size": (640, 480)},
    ]


def test_frame_rate_that_the_mode_does_not_reach_is_noted(opened: OpenCamera) -> None:
    with bridge.offering(bridge.module_3()):
        assert opened(frame_rate=120).notes == [
            "the camera gives 56.02 frames per second at 640x480 instead of 120"
        ]


def test_hdr_that_this_machine_cannot_do_is_noted(opened: OpenCamera) -> None:
    assert opened(hdr=True).notes == [
        "source.hdr: only a Camera Module 3, or a Raspberry Pi 5, has high dynamic range"
    ]
