"""A backup has no secret; restored, it brings everything back, and keeps the secrets that are there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mqttcam.backup.archive import pack, unpack
from mqttcam.settings.editing.secrets import LEFT_OUT, with_secrets, without_secrets
from tests.support.daemon import Daemon, mqttcam_command
from tests.support.waiting import wait_for

HASH = "scrypt:16384:8:1:c2FsdHNhbHRzYWx0c2FsdA:aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
TEXT = f"""\
# The house
node: yard
state_dir: state
mqtt:
  host: broker.lan   # the password is below
  username: cam
  password: hunter2  # secret
  #password: older-one
web:
  enabled: true
  users: {{anna: {{password_hash: "{HASH}"}}}}
  tokens:
    red: {{token: '0123456789abcdef0123'}}
kafka:
  brokers: k:9092
  topic: frames
  sasl_mechanism: PLAIN
  sasl_plain_username: u
  sasl_plain_password: &shared swordfish
  ssl_password: *shared
cameras:
  front:
    source: {{type: test_pattern}}
  net:
    source: {{type: url, url: "rtsp://anna:letmein@cam.lan/x", password_file: net.txt}}
    #source: {{type: url, url: "rtsp://anna:letmeout@cam.lan/x", password: pw3}}
"""
SECRETS = ("hunter2", "older-one", HASH, "0123456789abcdef0123", "swordfish", "letmein", "letmeout", "pw3")


def test_secrets_are_left_out_and_put_back() -> None:
    bare = without_secrets(TEXT)
    assert [secret for secret in SECRETS if secret in bare] == []
    assert "  host: broker.lan   # the password is below\n" in bare
    assert "password_file: net.txt" in bare
    assert bare.count("\n") == TEXT.count("\n")
    again, missing = with_secrets(bare, TEXT)
    assert missing == []
    for secret in ("hunter2", HASH, "0123456789abcdef0123", "swordfish", "rtsp://anna:letmein@cam.lan/x"):
        assert secret in again
    assert "# the password is below" in again
    _, missing = with_secrets(bare, "mqtt: {host: broker.lan, password: new}\n")
    assert missing == [
        "web.users.anna.password_hash",
        "web.tokens.red.token",
        "kafka.sasl_plain_password",
        "cameras.net.source.url",
    ]


CAMERAS = """
cameras:
  net:
    source: {type: url, url: "rtsp://cam.lan/x", username: anna, password: letmein}
    kafka: {topic: t, sasl_plain_password: swordfish}
"""


@pytest.mark.parametrize(
    ("address", "other", "missing"),
    [
        ("broker.lan", "elsewhere.example", ["mqtt.password", "cameras.net.kafka.sasl_plain_password"]),
        (
            "k:9092",
            "elsewhere.example:9092",
            ["kafka.sasl_plain_password", "cameras.net.kafka.sasl_plain_password"],
        ),
        ("rtsp://cam.lan/x", "rtsp://elsewhere.example/x", ["cameras.net.source.password"]),
    ],
)
def test_a_secret_is_not_put_back_for_another_address(address: str, other: str, missing: list[str]) -> None:
    present = TEXT.partition("cameras:")[0] + CAMERAS.lstrip()
    bare = without_secrets(present)
    assert with_secrets(bare, present)[1] == []
    crafted = bare.replace(address, other)
    if crafted == bare:  # the address of a camera is left out as well
        crafted = bare.replace(f'url: "{LEFT_OUT}"', f'url: "{other}"')
    found = with_secrets(crafted, present)[1]
    assert set(missing) <= set(found)
    assert len(found) < len(with_secrets(crafted, "node: new\n")[1]), "the others are"


@pytest.mark.parametrize(
    "line",
    [
        "node: Bob's # password: hunter2",
        'x: "a # b"  # password: hunter2',
        "#Password: hunter2",
        "# password: 'a,hunter2'",
        "# password: a#hunter2",
        "# rtsp://admin:p@hunter2@cam.lan/x",
        "# MQTTCAM_MQTT__PASSWORD=hunter2",
        "x: |\n  # text\n# token: hunter2",
        "x: plain\r\n# token: hunter2\r",
    ],
)
def test_a_secret_in_a_comment_is_left_out_however_it_is_written(line: str) -> None:
    bare = without_secrets(f"{line}\nmqtt: {{host: broker.lan}}\n")
    assert "hunter2" not in bare
    assert LEFT_OUT in bare
    assert bare.count("\n") == line.count("\n") + 2
    assert bare.count("\r") == line.count("\r")


def test_what_looks_like_a_comment_in_a_value_stays() -> None:
    text = 'x: "a # password: b"\ny: |\n  # token: shown\nz: a#key:b\n'
    assert without_secrets(text) == text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(TEXT)
    (tmp_path / "net.txt").write_text("pw")
    state = tmp_path / "state"
    (state / "tuning").mkdir(parents=True)
    (state / "values.json").write_text('{"front": {"enabled": {"value": false, "configured": true}}}')
    tuning = {"version": 2.0, "target": "pisp", "algorithms": [{"rpi.black_level": {"black_level": 4096}}]}
    (state / "tuning" / "mine.json").write_text(json.dumps(tuning))
    series = state / "recordings" / "front" / "series" / "garden"
    series.mkdir(parents=True)
    (series / "series.json").write_text('{"started": 1.0, "pictures": 7, "video": "a.mp4", "frames": 7}')
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    done = mqttcam_command(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_backup_and_restore(folder: Path) -> None:
    config, archive = folder / "config.yaml", folder / "a.zip"
    assert "secrets are left out" in run(folder, "backup", "a.zip")
    assert archive.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(archive) as made:
        names = sorted(made.namelist())
        everything = b"".join(map(made.read, names)).decode()
    assert names == [
        "README.txt",
        "config.yaml",
        "series/front/garden.json",
        "tuning/mine.json",
        "values.json",
    ]
    assert [secret for secret in SECRETS if secret in everything] == []

    changed = TEXT.replace("hunter2", "changed").replace("node: yard", "node: barn")
    config.write_text(changed)
    (folder / "state" / "tuning" / "mine.json").unlink()
    (folder / "state" / "values.json").write_text("{}")
    out = run(folder, "restore", "a.zip")
    assert "the file before is config.yaml.bak" in out
    assert (folder / "config.yaml.bak").read_text() == changed
    text = config.read_text()
    assert "node: yard" in text
    assert 'password: "changed"  # secret' in text or "password: changed" in text
    assert (folder / "state" / "tuning" / "mine.json").is_file()
    assert (folder / "state" / "values.json").read_text() == "{}"  # a running daemon has it

    with Daemon(folder, arguments=["run", "-c", str(config)]) as daemon:
        wait_for(lambda: "runs as node yard" in daemon.log, "the start")
    assert json.loads((folder / "state" / "values.json").read_text())["front"]["enabled"]["value"] is False
    assert not (folder / "state" / "values.restored.json").exists()


def test_restore_on_a_new_machine(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(folder, "backup", "a.zip")
    new = tmp_path_factory.mktemp("new")
    (new / "net.txt").write_text("pw")
    out = run(new, "restore", "-c", "config.yaml", str(folder / "a.zip"))
    assert "mqtt.password is missing" in out
    assert LEFT_OUT in (new / "config.yaml").read_text()
    assert (new / "state" / "values.restored.json").is_file()
    series = new / "state" / "recordings" / "front" / "series" / "garden" / "series.json"
    assert json.loads(series.read_text()) == {
        "started": 1.0,
        "pictures": 7,
        "last": None,
        "video": None,
        "frames": 0,
    }
    done = mqttcam_command(new, "check", "-c", "config.yaml")
    assert done.returncode == 2
    assert "mqtt.password: is a placeholder" in done.stderr


def test_nothing_is_written_unless_all_is_valid(folder: Path) -> None:
    run(folder, "backup", "a.zip")
    contents = unpack((folder / "a.zip").read_bytes())
    for name, data, words in (
        ("config.yaml", contents["config.yaml"] + b"kafak: {}\n", "kafak"),
        ("config.yaml", b"cameras: {", "cannot be restored"),
        ("values.json", b"[]", "values.json"),
        ("tuning/mine.json", b"{}", "tuning/mine.json"),
        ("../x", b"", "does not belong"),
    ):
        (folder / "bad.zip").write_bytes(pack(contents | {name: data}))
        done = mqttcam_command(folder, "restore", "bad.zip")
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert mqttcam_command(folder, "restore", "missing.zip").returncode == 2
    assert (folder / "config.yaml").read_text() == TEXT
    assert not (folder / "state" / "values.restored.json").exists()
