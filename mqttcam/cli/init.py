"""`mqttcam init`: questions about the first camera, and the configuration file that is written from the answers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mqttcam import log
from mqttcam.cli.init_options import GivenAnswers, given_answers
from mqttcam.cli.outcome import CommandFailed, UsageError
from mqttcam.cli.prompts import ask_yes, say
from mqttcam.settings import SettingsError
from mqttcam.setup.answers import SetupAnswers
from mqttcam.setup.configuration_text import configuration_text
from mqttcam.setup.next_steps import next_steps, page_address
from mqttcam.setup.written_file import check_text, default_file, why_not_writable, write_configuration

Check = Callable[[Path], Sequence[str]]
"""Checks a file as `mqttcam check` does, and returns the lines to show; raises `SettingsError`."""


def write_first_configuration(arguments: argparse.Namespace, check: Check) -> None:
    """Ask, write the file, check it, and say what to run next.

    Raises:
        UsageError: an option is wrong or missing, the file may not be written, or the input has ended.
        CommandFailed: a camera or the broker failed its test, or the file could not be written.
        SettingsError: the configuration is not valid.
        KeyboardInterrupt: nothing was written.
    """
    log.set_up("ERROR", "text")  # what fails is shown at its question
    path = (arguments.config or default_file()).absolute()
    _check_path(path)
    if arguments.page:
        from mqttcam.cli.init_page import ask_on_page

        ask_on_page(path, arguments, check)
        return
    if arguments.web_host is not None:
        raise UsageError("--web-host is for --page")
    asks = not arguments.yes
    if asks and not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError("there is no terminal to ask in: give the answers as options, and --yes")
    given = given_answers(arguments)
    try:
        _agree_to_replace(path, force=arguments.force, asks=asks)
        answers = _answers(given, asks=asks, test=not arguments.no_test)
    except KeyboardInterrupt:
        print("\nmqttcam: nothing was written", file=sys.stderr)
        raise
    _write(path, answers)
    for line in check(path):
        say(line)
    _say_next(path, answers)


def _answers(given: GivenAnswers, *, asks: bool, test: bool) -> SetupAnswers:
    if asks:
        from mqttcam.cli.init_questions import ask_answers

        return ask_answers(given, test=test)
    from mqttcam.cli.init_unattended import default_answers

    return default_answers(given, test=test)


def _check_path(path: Path) -> None:
    if reason := why_not_writable(path):
        raise UsageError(f"{path} cannot be written: {reason}; --config FILE names another file")


def _agree_to_replace(path: Path, *, force: bool, asks: bool) -> None:
    if force or not path.exists():
        return
    if not asks:
        raise UsageError(f"{path} exists: --force replaces it, and keeps it as {path.name}.bak.1")
    if not ask_yes(f"{path} exists. Replace it, and keep it as {path.name}.bak.1?", default=False):
        raise UsageError("nothing was written; --config FILE names another file")


def _write(path: Path, answers: SetupAnswers) -> None:
    text = configuration_text(answers, path)
    try:
        check_text(text)
        kept = write_configuration(path, text)
    except SettingsError as error:
        raise UsageError(
            "; ".join(f"{problem.key}: {problem.message}" for problem in error.problems)
            + "; nothing was written"
        ) from None
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror or error}; nothing was changed") from None
    if kept is not None:
        say(f"\nThe old file is kept as {kept}")
    say(f"\nWritten: {path}, which only its owner can read, as it has passwords")


def _say_next(path: Path, answers: SetupAnswers) -> None:
    say("\nNext:\n")
    steps = next_steps(path, os.environ)
    width = max(len(command) for command, _ in steps)
    for command, text in steps:
        say(f"  {command:{width}}   {text}")
    say()
    if answers.web_port is not None:
        say(f"The page will be at {page_address(answers)}")
    if answers.broker != "none":
        say("In Home Assistant, the camera appears under Settings, Devices & services, MQTT.")
