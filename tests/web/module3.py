"""A camera with the controls of a Raspberry Pi Camera Module 3, and the rules between them, without a Raspberry Pi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.metadata_fields import fields_in
from mqttcam.camera.source import MeasuringSource, ReportingSource, SourceInfo
from mqttcam.camera.sources import test_pattern
from mqttcam.camera.sources.picamera2.controls import LibcameraControl
from mqttcam.camera.sources.picamera2.table import ControlTable
from mqttcam.camera.sources.test_pattern.source import TestPattern
from mqttcam.values import Rectangle, Value

FULL = (0, 0, 4608, 2592)
METADATA: Mapping[str, object] = {
    "ExposureTime": 9_992,
    "AnalogueGain": 2.0,
    "Lux": 401.2,
    "ColourTemperature": 4_100,
    "SensorTemperature": 31.0,
    "LensPosition": 0.8,
    "AfState": 2,
    "FrameDuration": 66_661,
    "ColourGains": (1.7, 2.1),
    "ScalerCrop": FULL,
}


def _control(
    name: str,
    type_: str,
    minimum: Any,
    maximum: Any,
    default: Any = None,
    options: str = "",
    length: int | None = None,
) -> LibcameraControl:
    names = {option: number for number, option in enumerate(options.split())}
    window = Rectangle(FULL, view="scaler_crop") if type_ == "Rectangle" else None
    return LibcameraControl(None, name, type_, length, minimum, maximum, default, names, window)


_OFFERED = (
    _control("AeEnable", "Bool", False, True, True),
    _control("ExposureTime", "Integer32", 9, 11_767_556, 20_000),
    _control("AnalogueGain", "Float", 1.123, 16.0, 1.0),
    _control("AeMeteringMode", "Integer32", 0, 2, 0, "CentreWeighted Spot Matrix"),
    _control("AeExposureMode", "Integer32", 0, 2, 0, "Normal Short Long"),
    _control("AeConstraintMode", "Integer32", 0, 2, 0, "Normal Highlight Shadows"),
    _control("ExposureValue", "Float", -8.0, 8.0, 0.0),
    _control("AeFlickerMode", "Integer32", 0, 1, 0, "Off Manual"),
    _control("AeFlickerPeriod", "Integer32", 100, 1_000_000),
    _control("Brightness", "Float", -1.0, 1.0, 0.0),
    _control("Contrast", "Float", 0.0, 32.0, 1.0),
    _control("Saturation", "Float", 0.0, 32.0, 1.0),
    _control("Sharpness", "Float", 0.0, 16.0, 1.0),
    _control("AwbEnable", "Bool", False, True),
    _control(
        "AwbMode", "Integer32", 0, 6, 0, "Auto Incandescent Tungsten Fluorescent Indoor Daylight Cloudy"
    ),
    _control("ColourGains", "Float", 0.0, 32.0, length=2),
    _control("ColourTemperature", "Integer32", 100, 100_000),
    _control("ColourCorrectionMatrix", "Float", 0.0, 8.0, length=9),
    _control("NoiseReductionMode", "Integer32", 0, 4, 0, "Off Fast HighQuality Minimal ZSL"),
    _control("HdrMode", "Integer32", 0, 4, 0, "Off MultiExposureUnmerged MultiExposure SingleExposure Night"),
    _control("FrameDurationLimits", "Integer64", 17_849, 11_767_556, 33_333, length=2),
    _control("ScalerCrop", "Rectangle", (0, 0, 64, 64), FULL, FULL),
    _control("AfMode", "Integer32", 0, 2, 0, "Manual Auto Continuous"),
    _control("AfRange", "Integer32", 0, 2, 0, "Normal Macro Full"),
    _control("AfSpeed", "Integer32", 0, 1, 0, "Normal Fast"),
    _control("AfMetering", "Integer32", 0, 1, 0, "Auto Windows"),
    _control("AfTrigger", "Integer32", 0, 1, 0, "Start Cancel"),
    _control("AfPause", "Integer32", 0, 2, 0, "Immediate Deferred Resume"),
    _control("LensPosition", "Float", 0.0, 15.0, 1.0),
)


class Module3(TestPattern, ReportingSource, MeasuringSource):
    """The test pattern's frames with those controls, which do not change them."""

    def open(self) -> SourceInfo:
        self._table = ControlTable({control.name: control for control in _OFFERED}, 15)
        info = super().open()
        controls = (*self._table.controls, *self._table.raw)
        return replace(info, model="imx708", controls=controls, actions=self._table.actions)

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        change = self._table.change(values, METADATA)
        self._table.accept(change)
        return change.applied

    @property
    def applied(self) -> Mapping[str, Value]:
        return self._table.applied({**METADATA, "ScalerCrop": self._table.native.get("ScalerCrop", FULL)})

    @property
    def readings(self) -> Mapping[MetadataField, Value]:
        return {field: field.value(METADATA) for field in fields_in(METADATA)}


@contextmanager
def offering_module3() -> Iterator[None]:
    """Let every test pattern have these controls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_pattern, "TestPattern", Module3)
        yield
