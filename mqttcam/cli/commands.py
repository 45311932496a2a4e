"""The subcommands; each returns its exit code."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from mqttcam import log
from mqttcam.cli.outcome import DONE, FAILED, CommandFailed, UsageError, drop_output
from mqttcam.files import write_new
from mqttcam.settings import (
    Settings,
    SettingsError,
    check_daemon,
    find_config,
    kafka_warnings,
    load_configuration,
)
from mqttcam.settings.document.nearest import nearest
from mqttcam.settings.loading.container_node import keep_node
from mqttcam.settings.loading.dotenv import load_dotenv
from mqttcam.settings.loading.environment import configuring
from mqttcam.settings.nii_sender.variables import translate


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_configuration(find_config(arguments.config, os.environ), os.environ).settings


def _where(path: Path | None) -> str:
    """Return where the configuration comes from: a file, variables, or both; never a value."""
    names = ", ".join(configuring(os.environ))
    file = str(path.absolute()) if path is not None else ""
    return " and ".join(filter(None, (file, names and f"the variables {names}")))


def _print(text: str) -> None:
    _write(text.encode() + b"\n")


def _print_json(data: object) -> None:
    _write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _write(output: bytes) -> None:
    """Write to standard output and flush it, so that a failure is not left to the exit of the interpreter.

    Raises:
        BrokenPipeError: The reader has closed the pipe.
        CommandFailed: The output cannot be written.
    """
    if sys.stdout is None:
        return  # closed by the parent process
    try:
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise CommandFailed(f"cannot write the output: {error.strerror}") from None


def run(arguments: argparse.Namespace) -> int:
    """Run the daemon."""
    from mqttcam.run.process import run_daemon

    path = find_config(arguments.config, os.environ)

    def read(text: str | None = None) -> Settings:
        load_dotenv(os.environ)
        settings = load_configuration(path, os.environ, text).settings
        if problems := check_daemon(settings, path):
            raise SettingsError(problems)
        return settings

    settings = read()
    log.set_up(settings.log.level, settings.log.format)
    start_log = logging.getLogger(__name__)
    start_log.info("configuration: %s", _where(path))
    for note in translate(os.environ).notes:
        if note.key is None:
            start_log.info("%s", note)
    keep_node(settings, os.environ)
    editor = None
    if settings.web.enabled:
        from mqttcam.settings.editing.config_editor import ConfigEditor

        editor = ConfigEditor(path, read, os.environ)
    return run_daemon(settings, read, editor=editor)


def demo(arguments: argparse.Namespace) -> int:
    """Run the daemon with a test pattern, a broker and the web page, until Ctrl-C."""
    from mqttcam.cli.demo import run_demo

    with tempfile.TemporaryDirectory(prefix="mqttcam-demo-") as folder:
        return run_demo(arguments.mqtt_port, arguments.web_host, arguments.web_port, Path(folder))


def check(arguments: argparse.Namespace) -> int:
    """Validate the configuration, and look for what it names on this machine; `main` prints the problems."""
    lines, warnings = _checked(find_config(arguments.config, os.environ))
    for line in lines[:-1]:
        _print(line)
    for warning in warnings:
        print(warning, file=sys.stderr)
    _print(lines[-1])
    return DONE


def _checked(path: Path | None) -> tuple[list[str], list[str]]:
    """Return what is worth knowing about a configuration, with a summary as the last line; and the warnings.

    Raises:
        SettingsError: it is not valid.
    """
    from mqttcam.cli import machine
    from mqttcam.cli.upcoming import upcoming

    configuration = load_configuration(path, os.environ)
    settings = configuration.settings
    if problems := [*check_daemon(settings, path), *machine.errors(configuration)]:
        raise SettingsError(problems)
    lines = [*map(str, translate(os.environ).notes), *upcoming(settings, int(time.time()))]
    found = machine.warnings(configuration)
    for key, text in kafka_warnings(settings):
        found.append(configuration.problem(key, f"warning: {text}"))
    cameras = ", ".join(settings.cameras) or "no camera"
    counted = f"; {len(found)} warning{'s' if len(found) > 1 else ''}" if found else ""
    summary = f"{path or 'environment'}: ok (node {settings.node}: {cameras}){counted}"
    return [*lines, summary], [*map(str, found)]


def init(arguments: argparse.Namespace) -> int:
    """Write the first configuration file from answers in the terminal, on a page, or in options."""
    from mqttcam.cli.init import write_first_configuration

    def check_written(path: Path) -> list[str]:
        lines, warnings = _checked(path)
        return [*warnings, *lines]

    write_first_configuration(arguments, check_written)
    return DONE


def cameras(arguments: argparse.Namespace) -> int:
    """Print the attached cameras."""
    from mqttcam.cli.cameras import as_text, attached_cameras

    log.set_up("INFO", "text")  # log why cameras of one kind cannot be listed
    found = attached_cameras()
    if arguments.json:
        _print_json(found)
    else:
        _print(as_text(found))
    return DONE


def discovery(arguments: argparse.Namespace) -> int:
    """Print the discovery messages, after opening the cameras for a moment to learn their controls."""
    import asyncio

    from mqttcam.cli.offline import discovery_of

    settings = _settings(arguments)
    log.set_up("WARNING", settings.log.format)
    _print_json(asyncio.run(discovery_of(settings)))
    return DONE


def forget(arguments: argparse.Namespace) -> int:
    """Clear the retained topics of this node."""
    import asyncio

    from mqttcam.cli.forget import forget_node

    settings = _settings(arguments)
    log.set_up("ERROR", settings.log.format)  # what fails is the message of the command
    if settings.mqtt is None:
        raise UsageError("mqtt: no broker is configured; allowed: `mqtt: {host: …}`")
    topics = asyncio.run(forget_node(settings.mqtt, settings.node, settings.home_assistant.discovery_prefix))
    _print(f"node {settings.node}: {len(topics)} retained topics cleared")
    return DONE


def snapshot(arguments: argparse.Namespace) -> int:
    """Take one picture."""
    import asyncio

    from mqttcam.cli.offline import take_picture

    settings = _settings(arguments)
    log.set_up("ERROR", settings.log.format)  # what fails is the message of the command
    if not settings.cameras:
        raise UsageError("cameras: no camera is configured; `mqttcam cameras` lists those of this machine")
    camera_id = arguments.camera or next(iter(settings.cameras))
    if camera_id not in settings.cameras:
        near = nearest(camera_id, settings.cameras)
        hint = f" (did you mean {near}?)" if near else ""
        raise UsageError(
            f"--camera {camera_id}: no such camera{hint}; allowed: {', '.join(settings.cameras)}"
        )
    picture = asyncio.run(take_picture(settings, camera_id, full_resolution=arguments.full_resolution))
    if arguments.output == "-":
        _write(picture.jpeg)
        return DONE
    try:
        Path(arguments.output).write_bytes(picture.jpeg)
    except OSError as error:
        raise CommandFailed(f"cannot write {arguments.output}: {error.strerror}") from None
    _print(
        f"camera {camera_id}: {picture.width}x{picture.height}, {len(picture.jpeg)} bytes: {arguments.output}"
    )
    return DONE


def backup(arguments: argparse.Namespace) -> int:
    """Write a backup."""
    from mqttcam.cli.backup import make_backup

    path = find_config(arguments.config, os.environ)
    settings = load_configuration(path, os.environ).settings
    data = make_backup(path, settings)
    if arguments.archive == "-":
        _write(data)
        return DONE
    try:
        write_new(Path(arguments.archive), data)
    except OSError as error:
        raise CommandFailed(f"cannot write {arguments.archive}: {error.strerror}") from None
    _print(f"{arguments.archive}: written, {len(data)} bytes; secrets are left out")
    return DONE


def restore(arguments: argparse.Namespace) -> int:
    """Restore a backup."""
    from mqttcam.cli.backup import restore_backup

    for line in restore_backup(arguments.archive, arguments.config, os.environ):
        _print(line)
    return DONE


def schema(_arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of the configuration file."""
    from mqttcam.settings import json_schema

    _print_json(json_schema())
    return DONE


def healthcheck(arguments: argparse.Namespace) -> int:
    """Print the problems of the running daemon."""
    from mqttcam.run.health_query import query_health

    settings = _settings(arguments)
    problems = query_health(settings.state_dir)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return FAILED
    _print(f"node {settings.node}: running, no problems")
    return DONE


def password(_arguments: argparse.Namespace) -> int:
    """Print the hash of a password."""
    from mqttcam.cli.password import HOW_TO_USE, read_password
    from mqttcam.web.passwords import hash_password

    _print(hash_password(read_password()))
    if sys.stdout is not None and sys.stdout.isatty():
        print(HOW_TO_USE, file=sys.stderr)
    return DONE


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "demo": demo,
    "check": check,
    "cameras": cameras,
    "discovery": discovery,
    "forget": forget,
    "snapshot": snapshot,
    "backup": backup,
    "restore": restore,
    "schema": schema,
    "healthcheck": healthcheck,
    "init": init,
    "password": password,
}
