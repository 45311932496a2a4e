"""The examples in deploy/ load, and fit each other."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from mqttcam.settings import load
from mqttcam.settings.nii_sender.variables import translate
from mqttcam.web.address import linked_page
from tests.support.left_out import leave_out
from tests.support.project import PROJECT

ROOT = PROJECT
COMPOSE = ROOT / "deploy" / "compose"


def services(side: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / side / "compose.yaml").read_text())["services"]
    return found


def sample(side: str) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(COMPOSE / side / "dot_env-sample").items()}


def test_the_viewers_configuration() -> None:
    settings = load(COMPOSE / "server" / "config.yaml", {})
    assert settings.mqtt is not None
    assert settings.mqtt.host in services("server")
    assert settings.cameras["garden"].source.type == "sinetstream"
    assert settings.web.enabled


def test_the_pis_environment() -> None:
    environ = sample("pi")
    given = translate(environ)
    assert given.problems == []
    assert {line.variable for line in given.notes} == {n for n in environ if not n.startswith("MQTTCAM")}
    settings = load(None, environ)
    assert settings.kafka is not None
    assert settings.kafka.topic == "sinetstream.image.camera"
    assert settings.mqtt is not None


@pytest.mark.parametrize("side", ["pi", "server"])
def test_what_the_containers_mount_is_there(side: str) -> None:
    for service in services(side).values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (COMPOSE / side / source).is_file(), volume
        build = service.get("build", ".")
        context, dockerfile = (
            (build["context"], build["dockerfile"]) if isinstance(build, dict) else (build, None)
        )
        assert (COMPOSE / side / context).is_dir()
        assert dockerfile is None or (COMPOSE / side / context / dockerfile).is_file()


@pytest.mark.parametrize("side", ["pi", "server"])
def test_compose_takes_them(side: str, tmp_path: Path) -> None:
    """Compose's own check, with the sample as it stands."""
    compose = shutil.which("docker-compose")
    if compose is None:
        leave_out("docker-compose is not installed")
    folder = shutil.copytree(COMPOSE / side, tmp_path / side)
    (folder / "dot_env-sample").rename(folder / ".env")
    done = subprocess.run(
        [compose, "config"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_compose_takes_the_pis_secrets(tmp_path: Path) -> None:
    """The files of the second example, added to the first: what the reference sender's secrets are called."""
    compose = shutil.which("docker-compose")
    if compose is None:
        leave_out("docker-compose is not installed")
    folder = shutil.copytree(COMPOSE / "pi", tmp_path / "pi")
    (folder / "dot_env-sample").rename(folder / ".env")
    done = subprocess.run(
        [compose, "-f", "compose.yaml", "-f", "compose.secrets.yaml", "config"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    merged = yaml.safe_load(done.stdout)
    service = merged["services"]["mqttcam"]
    assert service["group_add"] == ["0"], "the user of the image reads files of root's group"
    mounted = {secret["source"] for secret in service["secrets"]}
    assert mounted == set(merged["secrets"]) == {"SSCFG_AUTH", "SSCFG_PRIVATE_KEY", "mqtt_password"}
    assert service["environment"]["MQTTCAM__MQTT__PASSWORD_FILE"] == "/run/secrets/mqtt_password"


def test_secrets_of_the_reference_sender(tmp_path: Path) -> None:
    """They configure the server as the variables of the same names do."""
    auth = '{"config-server": {"address": "https://config.lan", "user": "pi", "secret-key": "sesame"}}'
    (tmp_path / "SSCFG_AUTH").write_text(auth)
    (tmp_path / "SSCFG_PRIVATE_KEY").write_text("-----BEGIN")
    (tmp_path / "mqtt_password").write_text("1234")
    found = translate({"SSCFG_NAME": "cameras"}, tmp_path)
    assert found.problems == []
    assert {note.variable for note in found.notes} >= {"SSCFG_NAME", "SSCFG_AUTH", "SSCFG_PRIVATE_KEY"}


def test_pages_link_is_the_name_that_cameras_use() -> None:
    """A container knows its own address alone, which nobody else reaches."""
    environment = services("server")["mqttcam"]["environment"]
    name = sample("server")["BROKER_HOSTNAME"]
    given = {key: value.replace("${BROKER_HOSTNAME}", name) for key, value in environment.items()}
    assert linked_page(load(COMPOSE / "server" / "config.yaml", given).web) == f"http://{name}:8080/"


def test_images_are_made_of_what_mqttcam_is_made_of() -> None:
    """Nothing else is given to Docker: no `.env`, and no test whose change would make an image anew."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    metadata = project["project"]
    parts = {"pyproject.toml", ".ci/constraints.txt", metadata["readme"], *metadata["license-files"]}
    parts |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == parts


def test_sizes_fit_each_other() -> None:
    """A picture of 4K goes through Kafka and through Mosquitto."""
    largest = int(sample("server")["KAFKA_MESSAGE_MAX_BYTES"])
    assert str(largest) in services("server")["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"]
    settings = load(COMPOSE / "server" / "config.yaml", {})
    assert settings.mqtt is not None
    mosquitto = dict(
        line.split(" ", 1) for line in (COMPOSE / "server" / "mosquitto.conf").read_text().splitlines()
    )
    assert largest <= settings.mqtt.max_packet_size <= int(mosquitto["max_packet_size"])
