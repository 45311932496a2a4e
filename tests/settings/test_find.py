"""The configuration file that is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings import NoConfiguration, SettingsError, find_config, load
from mqttcam.settings.loading.loader import DEFAULT_FILES


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty working directory, and a folder in place of /etc; the two files that could be there."""
    system = tmp_path / "etc/config.yaml"
    system.parent.mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Path("config.yaml"), system


def test_the_first_file_that_exists_is_used(files: tuple[Path, Path]) -> None:
    environ = {"MQTTCAM__NODE": "x"}
    here, system = files
    assert find_config(None, environ, files) is None
    system.touch()
    assert find_config(None, environ, files) == system
    here.touch()
    assert find_config(None, environ, files) == here
    assert find_config(Path("other.yaml"), environ, files) == Path("other.yaml")


def test_default_files() -> None:
    assert (Path("config.yaml"), Path("/etc/mqttcam/config.yaml")) == DEFAULT_FILES


@pytest.mark.parametrize(
    "name",
    ["MQTTCAM__NODE", "mqttcam__x", "PICAMERA2_SIZE", "PICAMERA_SIZE", "SS_TOPIC", "SSCFG_NAME", "SCHEDULE"],
)
def test_the_environment_alone_is_enough(name: str, files: tuple[Path, Path]) -> None:
    assert find_config(None, {name: "1"}, files) is None


@pytest.mark.parametrize(
    "environ", [{}, {"LOG_LEVEL": "DEBUG"}, {"MQTTCAM__NODE": ""}, {"MQTTCAM_PORT": "1"}]
)
def test_no_configuration(environ: dict[str, str], files: tuple[Path, Path]) -> None:
    with pytest.raises(NoConfiguration) as caught:
        find_config(None, environ, files)
    assert isinstance(caught.value, SettingsError)
    assert str(caught.value) == (
        f"configuration: no ./config.yaml, no {files[1]}, no variable MQTTCAM__… in the environment, "
        "allowed: one of these, or -c FILE; `mqttcam init` writes a first file, `mqttcam demo` needs none"
    )


def test_a_folder_in_place_of_the_file_is_found_and_refused(files: tuple[Path, Path]) -> None:
    files[0].mkdir()
    path = find_config(None, {"MQTTCAM__NODE": "x"}, files)
    with pytest.raises(SettingsError, match=r"^config\.yaml: is a folder"):
        load(path, {})


def test_a_file_that_cannot_be_looked_at_is_not_passed_over(files: tuple[Path, Path]) -> None:
    """Such as one in a folder that we may not enter; here, one behind a loop of symbolic links."""
    system = files[1]
    system.symlink_to(system)
    assert find_config(None, {"MQTTCAM__NODE": "x"}, files) == system
    with pytest.raises(SettingsError, match="cannot be read"):
        load(system, {})


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("config.yml", "config.yaml"),
        ("config.yaml.txt", "config.yaml"),
        ("konfig.yaml", "config.yaml"),
        ("mqttcam.yaml", "mqttcam.yml"),
    ],
)
def test_a_file_with_a_similar_name_is_named(tmp_path: Path, there: str, wanted: str) -> None:
    (tmp_path / there).write_text("node: a\n")
    (tmp_path / "picture.jpg").write_text("")
    with pytest.raises(SettingsError, match="does not exist") as error:
        load(tmp_path / wanted, {})
    assert str(error.value) == f"{tmp_path}/{wanted}: does not exist (did you mean {tmp_path}/{there}?)"
    with pytest.raises(NoConfiguration) as nothing:
        find_config(None, {}, [tmp_path / wanted])
    assert f"(did you mean -c {tmp_path}/{there}?)" in str(nothing.value)


def test_a_file_without_a_similar_one(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("")
    with pytest.raises(SettingsError) as error:
        load(tmp_path / "config.yaml", {})
    assert str(error.value) == f"{tmp_path}/config.yaml: does not exist"
    with pytest.raises(SettingsError) as error:
        load(tmp_path / "no folder" / "config.yaml", {})
    assert str(error.value) == f"{tmp_path}/no folder/config.yaml: does not exist"
