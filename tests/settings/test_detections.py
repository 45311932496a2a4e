"""Labels of detections become parts of keys and topics."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mqttcam.settings.detections import DetectionsSettings, label_key


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("person", "person"),
        ("Traffic light", "traffic_light"),
        ("car/truck #2", "car_truck_2"),
        ("\u00e4", ""),
    ],
)
def test_keys(label: str, key: str) -> None:
    assert label_key(label) == key


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "at least 1"),
        (["\u4eba"], "no letter"),
        ([""], "not a label"),
        (["a\nb"], "not a label"),
        (["x" * 41], "not a label"),
        (["Car", "car"], "would share a key"),
        (["car", "Car occupancy"], "would share a key"),
        (["car image", "car"], "would share a key"),
        ([f"label {number}" for number in range(33)], "at most 32"),
    ],
)
def test_labels_that_cannot_be_shown_are_refused(labels: list[str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DetectionsSettings.model_validate({"labels": labels})
