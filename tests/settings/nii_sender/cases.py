"""The variables of a sender, translated and validated."""

from __future__ import annotations

from pathlib import Path

from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.nii_sender.translation import Translation
from mqttcam.settings.nii_sender.variables import translate

KAFKA = {"SS_BROKERS": "kafka.example.org:9092", "SS_TOPIC": "sinetstream.image.camera"}
NOTHING = Path("/nonexistent")


def translated(secrets: Path = NOTHING, /, **environ: str) -> Translation:
    return translate(environ, secrets)


def camera(secrets: Path = NOTHING, /, **environ: str) -> CameraSettings:
    """Return the camera described by the variables, validated as one from a file."""
    found = translated(secrets, **environ)
    assert not found.problems, found.problems
    assert found.tree is not None
    cameras = found.tree.get("cameras")
    assert cameras is not None
    node = cameras.get("camera")
    assert node is not None
    filler = ModelInput()
    data = filler.section(CameraSettings, node, ("cameras", "camera"))
    assert not filler.problems, filler.problems
    return CameraSettings.model_validate(data)


def kafka(secrets: Path = NOTHING, /, **environ: str) -> KafkaSettings:
    """Return the Kafka settings likewise."""
    found = translated(secrets, **environ)
    assert not found.problems, found.problems
    node = found.tree.get("kafka") if found.tree else None
    assert node is not None
    filler = ModelInput()
    data = filler.section(KafkaSettings, node, ("kafka",))
    assert not filler.problems, filler.problems
    return KafkaSettings.model_validate(data)


def note_of(variable: str, secrets: Path = NOTHING, /, **environ: str) -> str:
    """Return the line of `mqttcam check` about a variable."""
    lines = [str(one) for one in translated(secrets, **environ).notes if one.variable == variable]
    assert len(lines) == 1
    return lines[0]


def problem_of(**environ: str) -> str:
    problems = translated(**environ).problems
    assert len(problems) == 1
    return str(problems[0])
