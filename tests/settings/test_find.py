"""Which file is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings import NoConfiguration, SettingsError, find_config, load
from mqttcam.settings.loading import loader

REAL_PLACES = loader.DEFAULT_FILES


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it, and a stand-in for /etc; the latter's file."""
    system = tmp_path / "etc/config.yaml"
    system.parent.mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(loader, "DEFAULT_FILES", (Path("config.yaml"), system))
    return system


def test_the_order(places: Path) -> None:
    environ = {"MQTTCAM__NODE": "x"}
    assert find_config(None, environ) is None
    places.touch()
    assert find_config(None, environ) == places
    Path("config.yaml").touch()
    assert find_config(None, environ) == Path("config.yaml")
    assert find_config(Path("other.yaml"), environ) == Path("other.yaml")


def test_the_real_places() -> None:
    assert (Path("config.yaml"), Path("/etc/mqttcam/config.yaml")) == REAL_PLACES


@pytest.mark.parametrize(
    "name",
    ["MQTTCAM__NODE", "mqttcam__x", "PICAMERA2_SIZE", "PICAMERA_SIZE", "SS_TOPIC", "SSCFG_NAME", "SCHEDULE"],
)
def test_the_environment_alone(name: str) -> None:
    assert find_config(None, {name: "1"}) is None


@pytest.mark.parametrize(
    "environ", [{}, {"LOG_LEVEL": "DEBUG"}, {"MQTTCAM__NODE": ""}, {"MQTTCAM_PORT": "1"}]
)
def test_none_of_them(environ: dict[str, str], places: Path) -> None:
    with pytest.raises(NoConfiguration) as caught:
        find_config(None, environ)
    assert isinstance(caught.value, SettingsError)
    assert str(caught.value) == (
        f"configuration: no ./config.yaml, no {places}, no variable MQTTCAM__… in the environment, "
        "allowed: one of the three, or -c FILE"
    )


def test_a_folder_in_place_of_the_file_is_found_and_refused() -> None:
    Path("config.yaml").mkdir()
    path = find_config(None, {"MQTTCAM__NODE": "x"})
    with pytest.raises(SettingsError, match=r"^config\.yaml: is a folder"):
        load(path, {})


def test_a_place_that_cannot_be_looked_into_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, places: Path
) -> None:
    def refused(path: Path) -> bool:
        if path == places:
            raise PermissionError
        return False

    monkeypatch.setattr(Path, "exists", refused)
    assert find_config(None, {"MQTTCAM__NODE": "x"}) == places
