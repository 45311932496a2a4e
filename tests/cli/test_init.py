"""`mqttcam init` in a terminal, and with options alone."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from mqttcam.cli import main
from mqttcam.settings import load
from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.broker import Mosquitto
from tests.support.client import Client
from tests.support.daemon import Daemon, mqttcam_command
from tests.support.pictures import jpeg_folder
from tests.support.terminal import Terminal
from tests.support.waiting import HOST, free_port

INTERRUPTED = 130
NETWORK, TEST = "a network camera", "a moving test picture"
OTHER_BROKER = "another broker"


def test_from_questions_to_pictures(tmp_path: Path) -> None:
    """A network camera, a broker that refuses the first login, a user, recordings; the daemon runs with the file."""
    jpeg_folder(tmp_path / "pictures", count=2, width=320, height=240)
    file = tmp_path / "config.yaml"
    state = {"STATE_DIRECTORY": str(tmp_path / "state")}
    options = ["--config", str(file), "--web-port", str(free_port())]
    camera = CameraProcess(*http_camera_command(tmp_path / "pictures"))
    try:
        with Mosquitto(tmp_path / "broker", password="right") as broker:
            with Terminal(tmp_path, "init", *options, env=state) as terminal:
                terminal.answer("Name of this machine in topics .*: ", "My Pi")
                terminal.answer("such as my-pi\n[^:]*: ", "yard")
                terminal.choose(NETWORK, "Camera .*: ")
                terminal.answer("Address .*: ", "camera.lan")
                terminal.answer("is no camera; [^\n]*\nAddress .*: ", f"http://{HOST}:{camera.port}/stream")
                terminal.answer("User name .*: ")
                terminal.expect("ok: a picture of 320x240")
                terminal.answer(r"Name in Home Assistant \[Camera\]: ", "Front door")
                terminal.answer(r"Id in topics \[front-door\]: ", "front")
                terminal.answer(r"Camera \[1\]: ")
                terminal.choose(OTHER_BROKER, "Broker .*: ")
                terminal.answer("Address of the broker .*: ", f"{HOST}:{broker.port}")
                terminal.answer("User name .*: ", "mqttcam")
                terminal.answer("Password .*: ", "wrong")
                terminal.expect("refused: .*mqtt.username")
                terminal.answer("Try other answers.*: ")
                terminal.answer(rf"Address of the broker \[{HOST}:{broker.port}\]: ")
                terminal.answer(r"User name .*\[mqttcam\]: ")
                terminal.answer("Password .*: ", "right")
                terminal.expect("ok: the broker accepts the login")
                terminal.answer(r"User name .*\[admin\]: ", "anna")
                terminal.answer("Password .*: ", "page")
                terminal.answer("Repeat password: ", "pag")
                terminal.answer("differ\nPassword .*: ", "page")
                terminal.answer("Repeat password: ", "page")
                if terminal.expect(r"No recordings|Record a video .*\[y\]: ")[0] != "No recordings":
                    terminal.press(b"\n")
                assert terminal.end() == 0, terminal.text
            assert f"{file}: ok (node yard: front)\n" in terminal.text
            assert "warning" not in terminal.text
            assert "right" not in terminal.text
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            daemon = Daemon(tmp_path, arguments=["run", "-c", str(file)], env=state)
            with Client(broker, "mqttcam/yard/#") as client, daemon:
                client.wait("mqttcam/yard/front/image", lambda message: message.payload[:2] == b"\xff\xd8")
                assert daemon.stop()[0] == 0
    finally:
        camera.kill()


def test_ctrl_c_and_the_end_of_the_input_write_nothing(tmp_path: Path) -> None:
    """After Ctrl-C comes Enter: Python does not see a signal that comes just before it begins to read."""
    file = tmp_path / "config.yaml"
    for key, code, words in (
        (b"\x03\n", INTERRUPTED, "nothing was written"),
        (b"\x04", 2, "the input has ended"),
    ):
        with Terminal(tmp_path, "init", "--config", str(file), "--camera", "test") as terminal:
            terminal.expect("Name of this machine in topics .*: ")
            terminal.press(key)
            assert terminal.end() == code
        assert words in terminal.text
        assert "Traceback" not in terminal.text
        assert not file.exists()


def test_an_existing_file_is_kept_and_asked_about(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("node: old\n")
    options = [
        "--node",
        "n",
        "--camera",
        "test",
        "--no-test",
        "--broker",
        f"mqtt://{HOST}:9",
        "--no-recordings",
    ]
    with Terminal(tmp_path, "init", "--config", str(file), *options) as terminal:
        terminal.answer(r"exists. Replace it, .*\[n\]: ")
        assert terminal.end() == 2
    assert "nothing was written" in terminal.text
    assert file.read_text() == "node: old\n"
    with Terminal(tmp_path, "init", "--config", str(file), *options) as terminal:
        terminal.answer(r"exists. Replace it, .*\[n\]: ", "y")
        if terminal.expect(r"No web page|User name .*\[admin\]: ")[0] != "No web page":
            terminal.press(b"-\n")
        assert terminal.end() == 0
    assert f"The old file is kept as {file}.bak.1" in terminal.text
    assert Path(f"{file}.bak.1").read_text() == "node: old\n"


# options alone


def unattended(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit code, the output and the errors of `mqttcam init --yes`."""
    done = mqttcam_command(
        folder, "init", "--yes", "--config", str(folder / "new" / "config.yaml"), *arguments
    )
    return done.returncode, done.stdout, done.stderr


def test_every_answer_as_an_option(tmp_path: Path) -> None:
    broker_file, user_file = tmp_path / "broker-password", tmp_path / "user-password"
    broker_file.write_text("right\n")
    user_file.write_text("page\n")
    with Mosquitto(tmp_path / "broker", password="right") as broker:
        code, output, errors = unattended(
            tmp_path,
            *("--node", "yard", "--camera", "front=test", "--camera", "test"),
            *("--camera-name", "front=Front: door"),
            *("--broker", f"mqtt://mqttcam@{HOST}:{broker.port}", "--password-file", str(broker_file)),
            *("--user", "anna", "--user-password-file", str(user_file), "--web-port", str(free_port())),
        )
    assert (code, errors) == (0, "")
    assert f"broker {HOST}:{broker.port}: ok" in output
    file = tmp_path / "new" / "config.yaml"
    assert f"password_file: {broker_file}\n" in file.read_text()
    settings = load(file, {})
    assert [camera.name for camera in settings.cameras.values()] == ["Front: door", "Camera"]
    assert (settings.web.host, list(settings.web.users)) == ("0.0.0.0", ["anna"])
    assert unattended(tmp_path, "--camera", "test", "--broker", "none")[2] == (
        f"mqttcam: {file} exists: --force replaces it, and keeps it as config.yaml.bak.1\n"
    )
    code, output, _ = unattended(tmp_path, "--camera", "test", "--broker", "none", "--force", "--no-test")
    assert code == 0
    assert f"The old file is kept as {file}.bak.1\n" in output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--node", "My Pi"], 2, "--node: allowed: 1 to 64 of a-z, 0-9, _ and -; such as my-pi"),
        (["--camera", "film"], 2, "--camera: is no camera; allowed: test, usb, "),
        (["--camera", "a=test", "--camera", "a=test"], 2, "--camera: another camera has the id a"),
        (["--camera-name", "a=A"], 2, "--camera-name is given without --camera"),
        (
            ["--camera", "a=test", "--camera-name", "b=B"],
            2,
            "--camera-name b=B: allowed: ID=NAME, with an ID of a",
        ),
        (["--broker", "http://a"], 2, "--broker: http:// is not supported"),
        (["--broker", "mqtt://a", "--password-file", "x"], 2, "--password-file is given without a user"),
        (["--broker", "none", "--password-file", "x"], 2, "--password-file is for --broker mqtt://USER@HOST"),
        (["--broker", "mqtt://a", "--ca-file", "x"], 2, "--ca-file is for a broker with TLS"),
        (["--user", "anna"], 2, "--user is given without --user-password-file"),
        (["--user", "anna", "--user-password-file", "none"], 2, "--user-password-file none: No such file"),
        (["--web-port", "70000"], 2, "--web-port 70000: is out of range"),
        (
            ["--broker", "mqtt://u@127.0.0.1:9", "--password-file", "none", "--camera", "test"],
            2,
            "--password-file: ",
        ),
        (
            ["--broker", "mqtt://127.0.0.1:9", "--camera", "test"],
            1,
            "--broker: 127.0.0.1:9: Connection refused",
        ),
        (["--broker", "none", "--camera", "a=http://127.0.0.1:9/"], 1, "--camera a: no picture: "),
    ],
)
def test_options_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(["init", "--yes", "--config", str(tmp_path / "config.yaml"), *arguments]) == code
    errors = capsys.readouterr().err
    assert errors.startswith(f"mqttcam: {words}")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal(tmp_path: Path) -> None:
    done = mqttcam_command(tmp_path, "init", "--config", "config.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mqttcam: there is no terminal to ask in: give the answers as options, and --yes\n"
    done = mqttcam_command(tmp_path, "init", "--yes", "--config", str(tmp_path))
    assert re.match(r"mqttcam: .* cannot be written: .* is a folder; --config FILE", done.stderr)
