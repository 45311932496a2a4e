"""What is known of a recording survives as JSON."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mqttcam.recordings.recording import Event, Recording

RECORDING = Recording(
    id="20261129t193012-front",
    camera="front",
    stem="front/2026-11-29/193012-motion",
    reason="motion",
    begin_ns=1_796_000_000_000_000_000,
    seconds=12.5,
    bytes=1_000_000,
    events=(Event(id="m1", type="motion", begin_ns=1_796_000_005_000_000_000, score=3.2, zones=("gate",)),),
    pictures=("start", "best"),
)


def test_json_is_read_as_it_was_written() -> None:
    assert Recording.model_validate_json(RECORDING.model_dump_json()) == RECORDING


def test_keys_of_a_later_version_are_ignored() -> None:
    text = RECORDING.model_dump_json().replace('"keep":false', '"keep":false,"mood":"calm"')
    assert Recording.model_validate_json(text) == RECORDING


@pytest.mark.parametrize("broken", ["{}", "[]", RECORDING.model_dump_json().replace("20261129t", "../../")])
def test_anything_else_is_refused(broken: str) -> None:
    with pytest.raises(ValidationError):
        Recording.model_validate_json(broken)
