"""`mqttcam password`: from a terminal, where it is typed twice, or from standard input."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mqttcam.web.passwords import MAX_PASSWORD, verify_password
from tests.support.daemon import clean_environment

COMMAND = [sys.executable, "-m", "mqttcam", "password"]


def piped(folder: Path, data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        COMMAND, input=data, capture_output=True, timeout=60, check=False, env=clean_environment(folder)
    )


def typed(folder: Path, *lines: str) -> tuple[int, str, str]:
    """Return the exit code, the output and the errors, which are not on the terminal."""
    terminal, side = pty.openpty()
    with subprocess.Popen(
        COMMAND,
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # no /dev/tty: getpass asks on standard error
        env=clean_environment(folder),
    ) as process:
        assert process.stderr is not None
        errors = b""
        for line in lines:
            while not errors.endswith(b"assword: "):
                errors += os.read(process.stderr.fileno(), 1000)
            os.write(terminal, line.encode())
            errors += b"\n"
        output, rest = process.communicate(timeout=60)
    os.close(side)
    os.close(terminal)
    return process.returncode, output.decode(), (errors + rest).decode()


def test_from_a_pipe(tmp_path: Path) -> None:
    for data in (b"right\n", b"right\r\n", b"right\nanother line\n", b"right"):
        done = piped(tmp_path, data)
        assert (done.returncode, done.stderr) == (0, b"")
        (line,) = done.stdout.decode().splitlines()
        assert verify_password("right", line)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the password is empty: type it, or pass it as a line on standard input"),
        (b"\n", "the password is empty"),
        (b"\xff\xfe\n", "the password is not UTF-8 text"),
        (b"x" * (MAX_PASSWORD + 1), f"the password is longer than {MAX_PASSWORD} characters"),
    ],
)
def test_nothing_usable_from_a_pipe(tmp_path: Path, data: bytes, words: str) -> None:
    done = piped(tmp_path, data)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"mqttcam: {words}")
    assert done.stderr.count(b"\n") == 1


def test_from_a_terminal(tmp_path: Path) -> None:
    code, output, errors = typed(tmp_path, "right\n", "right\n")
    assert (code, verify_password("right", output.strip())) == (0, True)
    assert "right" not in errors


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["right\n", "wrong\n"], "the two passwords differ: run the command again"),
        (["\n"], "the password is empty"),
        (["\x04"], "the password is empty"),
    ],
)
def test_nothing_usable_from_a_terminal(tmp_path: Path, lines: list[str], words: str) -> None:
    code, output, errors = typed(tmp_path, *lines)
    assert (code, output) == (2, "")
    assert f"mqttcam: {words}" in errors
    assert "Traceback" not in errors


def test_interrupted_at_a_terminal(tmp_path: Path) -> None:
    """Ctrl-C while it waits: the signal, as there is no terminal that would send it."""
    _, side = pty.openpty()
    with subprocess.Popen(
        COMMAND, stdin=side, stderr=subprocess.PIPE, start_new_session=True, env=clean_environment(tmp_path)
    ) as process:
        assert process.stderr is not None
        errors = b""
        while b"assword: " not in errors:
            errors += os.read(process.stderr.fileno(), 1000)
        process.send_signal(2)
        errors += process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in errors
