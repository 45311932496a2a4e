"""Every variable of the documents of NII's senders is accepted and explained; their examples run unchanged."""

from __future__ import annotations

import pytest

from mqttcam.settings import check_daemon, load
from mqttcam.settings.nii_sender.controls import CONTROL_KINDS
from tests.settings.nii_sender.cases import KAFKA, NOTHING, translated
from tests.settings.nii_sender.documented import GROUPS, SERVER, notes_of

EVERY = [(name, value) for variables in GROUPS.values() for name, value in variables.items()]
BROKER = "SS_BROKERS=kafka.example.org:9092\nSS_TOPIC=sinetstream.image.camera\n"
EXAMPLES = {
    "picamera, rate": f"PICAMERA_RESOLUTION=QVGA\nPICAMERA_FRAMERATE=5\n{BROKER}SS_CONSISTENCY=AT_LEAST_ONCE\n",
    "picamera, schedule": f"PICAMERA_RESOLUTION=VGA\nSCHEDULE=10\n{BROKER}SS_CONSISTENCY=AT_LEAST_ONCE\n",
    "picamera, 4K": f"PICAMERA_RESOLUTION=4K\nSCHEDULE=every minute\n{BROKER}SS_MAX_REQUEST_SIZE=8388620\n",
    "picamera2, rate": f"PICAMERA2_SIZE=QVGA\nPICAMERA2_CONTROLS_FRAME_RATE=5\n{BROKER}SS_CONSISTENCY=AT_MOST_ONCE\n",
    "picamera2, schedule": f"PICAMERA2_SIZE=VGA\nSCHEDULE=10\n{BROKER}SS_CONSISTENCY=AT_LEAST_ONCE\n",
    "picamera2, 4K": f"PICAMERA2_SIZE=4K\nSCHEDULE=every minute\n{BROKER}SS_MAX_REQUEST_SIZE=8388620\n",
    "over MQTT": f"SS_TYPE=mqtt\nPICAMERA2_SIZE=VGA\n{BROKER}",
    "short host": "SS_BROKERS=kafka.example.org\nSS_TOPIC=t\nSCHEDULE=every 30 seconds\n",
    "several brokers": "SS_BROKERS=kafka1:9092,kafka2:9092\nSS_TOPIC=t\nSCHEDULE=every day at 10:30\n",
    "configuration server": f"SSCFG_NAME=cameras\nSSCFG_AUTH={SERVER['SSCFG_AUTH']}\nPICAMERA_RESOLUTION=640x480\n",
}


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_examples_run_unchanged(text: str) -> None:
    environ = dict(line.split("=", 1) for line in text.splitlines())
    settings = load(None, environ)
    assert check_daemon(settings) == []
    assert list(settings.cameras) == ["camera"]


@pytest.mark.parametrize(("name", "value"), EVERY)
def test_each_is_accepted_and_explained(name: str, value: str) -> None:
    base = {"SSCFG_NAME": "cameras", "SSCFG_AUTH": SERVER["SSCFG_AUTH"]} if name in SERVER else KAFKA
    translation = translated(NOTHING, **{**base, name: value})
    assert translation.problems == []
    notes = notes_of(name, value)
    assert notes, "a line of `mqttcam check`"
    assert all(note.key is not None or note.note for note in notes)


@pytest.mark.parametrize("name", [name for name, _ in EVERY if name.startswith(("PICAMERA", "EXT", "LOG"))])
def test_each_loads_beside_the_others(name: str) -> None:
    value = dict(EVERY)[name]
    load(None, {**KAFKA, name: value})


def test_each_control_of_libcamera_has_its_variable() -> None:
    for control in CONTROL_KINDS:
        name = "".join(f"_{letter}" if letter.isupper() else letter for letter in control).upper()
        translation = translated(**KAFKA, **{f"PICAMERA2_CONTROLS{name}": "?"})
        problems = [problem.message for problem in translation.problems]
        assert not [message for message in problems if "is not a control" in message]
