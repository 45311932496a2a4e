"""Ctrl-C ends every command without a traceback, with the code that shells expect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mqttcam.cli import main
from mqttcam.cli.commands import COMMANDS
from tests.support.daemon import clean_environment
from tests.support.waiting import PATIENCE

INTERRUPTED = 130


def interrupted(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code and the errors of a command that is interrupted while it reads its configuration."""
    fifo = folder / "config.yaml"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "mqttcam", *arguments, "-c", str(fifo)]
    with subprocess.Popen(
        command, cwd=folder, env=clean_environment(folder), stderr=subprocess.PIPE, text=True
    ) as process:
        with fifo.open("wb"):  # returns once the command has opened the file
            process.send_signal(signal.SIGINT)
        # The file has ended now: Python does not see a signal that comes just before it begins to read.
        _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["discovery"], ["forget"], ["healthcheck"], ["run"], ["snapshot", "-o", "out.jpg"]],
    ids=lambda arguments: str(arguments[0]),
)
def test_while_the_configuration_is_read(tmp_path: Path, arguments: list[str]) -> None:
    assert interrupted(tmp_path, *arguments) == (INTERRUPTED, "")


@pytest.mark.parametrize("command", ["cameras", "schema", "password"])
def test_of_the_other_commands(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(COMMANDS, command, interrupt)
    handler = signal.getsignal(signal.SIGINT)
    try:
        assert main([command]) == INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, handler)
    assert capsys.readouterr() == ("", "")
