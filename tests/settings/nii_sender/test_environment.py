"""The whole environment of a sender: what belongs to it, notes, defaults, and a file beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.settings import load
from mqttcam.settings.document.tree import Origin, TreeNode
from mqttcam.settings.nii_sender.variables import merged_over, translate
from tests.settings.nii_sender.cases import KAFKA, NOTHING, camera, kafka, note_of, translated


def test_unrelated_variables() -> None:
    """Variables that other programs use as well configure nothing."""
    assert translated(SCHEDULE="10", LOG_LEVEL="DEBUG", HTTPS_PROXY="x", SS_AGENT="1").tree is None


def test_log_level_is_explained() -> None:
    assert note_of("LOG_LEVEL", **KAFKA, LOG_LEVEL="debug") == "LOG_LEVEL: log.level: DEBUG"


def test_every_variable_is_explained() -> None:
    """Each exactly once, whether it has an effect or not."""
    environ = {
        **KAFKA,
        "PICAMERA2_SIZE": "VGA",
        "PICAMERA_LED": "1",
        "SCHEDULE": "60",
        "HTTPS_PROXY": "p",
    }
    assert [one.variable for one in translated(**environ).notes] == sorted(environ)
    assert note_of("PICAMERA2_SIZE", **environ) == "PICAMERA2_SIZE: cameras.camera.size: 640x480"
    assert note_of("SS_TOPIC", **environ) == "SS_TOPIC: kafka.topic: sinetstream.image.camera"


def test_empty_is_none() -> None:
    assert kafka(**KAFKA, SCHEDULE="", SS_CONSISTENCY=" ").schedule is None


def test_over_a_file() -> None:
    """The environment overrides the file, key by key."""
    origin = Origin("config.yaml", 3)
    kafka_node = TreeNode({"topic": TreeNode("old", origin, "old"), "fps": TreeNode(5, origin, "5")}, origin)
    merged = merged_over(TreeNode({"kafka": kafka_node}, origin), translated(**KAFKA)).plain()
    assert isinstance(merged, dict)
    own = {"topic": KAFKA["SS_TOPIC"], "brokers": KAFKA["SS_BROKERS"], "fps": 5}
    assert merged["kafka"] == own | {"quality": 90}
    assert merged["cameras"] == {"camera": {"source": {"type": "picamera2"}, "frame_rate": 30}}


def test_the_senders_defaults_are_under_the_file(tmp_path: Path) -> None:
    """Its JPEG quality is 90, and it captures as fast as it can."""
    (tmp_path / "config.yaml").write_text(
        "mqtt: {host: b}\nkafka: {quality: 70}\ncameras: {camera: {frame_rate: 2}}\n"
    )
    settings = load(tmp_path / "config.yaml", {**KAFKA, "PICAMERA2_SIZE": "VGA"})
    assert settings.kafka is not None
    assert (settings.kafka.quality, settings.cameras["camera"].frame_rate) == (70, 2)
    settings = load(None, KAFKA)
    assert settings.kafka is not None
    assert (settings.kafka.quality, settings.cameras["camera"].frame_rate) == (90, 30)


@pytest.mark.parametrize(
    ("variable", "text", "explained"),
    [
        ("LOG_FORMAT", "json", "LOG_FORMAT: log.format: json"),
        ("LOG_FORMAT", "{asctime}", "LOG_FORMAT: no effect (a log is text or JSON: `LOG_FORMAT=json`)"),
        ("EXT_SS_TOPIC", "t", "EXT_SS_TOPIC: no effect (mqttcam runs no external tools; "),
        ("EXT_ARG_HOST", "h", "EXT_ARG_HOST: no effect (mqttcam runs no external tools; "),
        ("SS_CRYPTO__KEY", "00" * 16, "SS_CRYPTO__KEY: kafka.crypto.key"),
        ("PICAMERA_SENSOR_MODE", "0", "PICAMERA_SENSOR_MODE: no effect (automatic here as well)"),
        (
            "PICAMERA_SENSOR_MODE",
            "4",
            "PICAMERA_SENSOR_MODE: no effect (libcamera's modes have no numbers",
        ),
        ("PICAMERA_SENSOR_MODE", "1640x1232:10", "cameras.camera.source.sensor_mode: 1640x1232:10"),
        ("PICAMERA2_COLOUR_SPACE", "Sycc", "PICAMERA2_COLOUR_SPACE: no effect (pictures are JPEGs"),
    ],
)
def test_equals_of_the_senders_other_variables(variable: str, text: str, explained: str) -> None:
    assert explained in note_of(variable, **KAFKA, **{variable: text})


@pytest.mark.parametrize("name", ["PICAMERA_ZOOM", "PICAMERA_CROP"])
@pytest.mark.parametrize(
    ("region", "zoom", "pan", "tilt"),
    [
        ("(0.25,0.25,0.5,0.5)", 2, 0, 0),
        ("(0,0,0.5,0.5)", 2, -1, -1),
        ("(0.75,0.5,0.25,0.25)", 4, 1, 0.3333),
        ("(0.5,0.5,0.5,0.25)", 2, 1, 0.5),
    ],
)
def test_a_region_is_zoom_pan_and_tilt(name: str, region: str, zoom: float, pan: float, tilt: float) -> None:
    controls = camera(**{name: region}).controls
    assert controls == {"Zoom": zoom, "Pan": pan, "Tilt": tilt}


def test_cameras_of_a_file() -> None:
    """A file's cameras are the only ones unless a variable describes another."""
    origin = Origin("config.yaml", 3)
    root = TreeNode({"cameras": TreeNode({"front": TreeNode({}, origin)}, origin)}, origin)
    plain = merged_over(root, translated(**KAFKA)).plain()
    assert isinstance(plain, dict)
    assert list(plain["cameras"]) == ["front"]
    more = merged_over(root, translated(**KAFKA, PICAMERA2_SIZE="VGA")).plain()
    assert isinstance(more, dict)
    assert list(more["cameras"]) == ["front", "camera"]


_names = st.sampled_from(
    [
        "PICAMERA2_SIZE",
        "PICAMERA2_CONTROLS_AWB_MODE",
        "PICAMERA2_CONTROLS_COLOUR_GAINS",
        "PICAMERA_ISO",
        "PICAMERA_FRAMERATE_RANGE",
        "PICAMERA2_TRANSFORM_HFLIP",
        "SS_TOPIC",
        "SS_TLS",
        "SS_TLS__CA_CERTS",
        "SS___",
        "SS_CRYPTO__PASSWORD__VALUE",
        "SSCFG_NAME",
        "SCHEDULE",
        "PICAMERA2_CONTROLS_",
        "PICAMERA_",
        "SS_",
    ]
)


@given(st.dictionaries(_names, st.text(max_size=30)))
@settings(max_examples=300, deadline=None)
def test_any_environment(environ: dict[str, str]) -> None:
    """Any value is translated or refused, without a crash."""
    found = translate(environ, NOTHING)
    for one in found.notes:
        assert "\n" not in str(one)
