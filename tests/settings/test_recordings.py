"""The sections about recordings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mqttcam.settings import CameraSettings, Settings
from mqttcam.settings.recordings import RecordSettings


def test_the_defaults_keep_two_weeks_and_ten_gigabytes() -> None:
    keep = Settings().recordings.keep
    assert (keep.days, keep.size, keep.free) == (14, 10_000_000_000, 1_000_000_000)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (500, 500),
        ("500", 500),
        ("10GB", 10**10),
        ("1.5 g", 1_500_000_000),
        ("20 kB", 20_000),
        ("2T", 2 * 10**12),
    ],
)
def test_bytes_as_people_write_them(text: object, count: int) -> None:
    assert Settings.model_validate({"recordings": {"keep": {"size": text}}}).recordings.keep.size == count


@pytest.mark.parametrize("text", ["", "-1", "ten", "10 GiB", "1e9", True, [], "9999999999T"])
def test_other_texts_are_refused(text: object) -> None:
    with pytest.raises(ValidationError, match=r"bytes|range"):
        Settings.model_validate({"recordings": {"keep": {"free": text}}})


def camera(record: Any) -> CameraSettings:
    return CameraSettings.model_validate({"source": {"type": "test_pattern"}, "record": record})


def test_a_camera_records_nothing_by_itself_unless_asked_to() -> None:
    assert CameraSettings.model_validate({"source": {"type": "test_pattern"}}).record is None
    assert camera(False).record is None
    assert camera(True).record == RecordSettings()
    assert camera({"before": 3, "keep": {"size": "2GB"}}).record == RecordSettings.model_validate(
        {"before": 3, "keep": {"size": 2_000_000_000}}
    )


def test_recording_on_motion_needs_motion_detection_only_if_it_is_asked_for() -> None:
    source = {"type": "test_pattern"}
    for record in (True, {"before": 3}, {"on_motion": False}):
        assert CameraSettings.model_validate({"source": source, "record": record}).record is not None
    both = {"source": source, "motion": True, "record": {"on_motion": True}}
    assert CameraSettings.model_validate(both).record == RecordSettings(on_motion=True)
    with pytest.raises(ValidationError, match="no motion detection"):
        CameraSettings.model_validate({"source": source, "motion": False, "record": {"on_motion": True}})


def test_labels_that_are_recorded_are_detected() -> None:
    source = {"type": "test_pattern"}
    both = {"source": source, "detections": {"labels": ["person"]}, "record": {"on_detection": ["person"]}}
    record = CameraSettings.model_validate(both).record
    assert record is not None
    assert record.on_detection == ("person",)
    for detections in (None, {"labels": ["car"]}):
        with pytest.raises(ValidationError, match=r"on_detection: person.*not in `detections.labels`"):
            CameraSettings.model_validate(both | {"detections": detections})
