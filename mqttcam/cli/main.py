"""Arguments and exit codes; the subcommands are in `commands.py`."""

from __future__ import annotations

import argparse
import gc
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mqttcam import __version__
from mqttcam.cli.init_arguments import add_options
from mqttcam.cli.outcome import DONE, FAILED, INTERRUPTED, USAGE, CommandFailed, UsageError, drop_output

_DAEMONS = frozenset({"run", "demo"})
"""The subcommands that run until a signal."""


_MEANT = {
    "configure": "init", "daemon": "run", "help": "-h", "hash": "password", "list": "cameras", "picture": "snapshot",
    "serve": "run", "setup": "init", "start": "run", "status": "healthcheck", "test": "check", "validate": "check",
    "version": "--version", "wizard": "init",
}  # fmt: skip
"""Words for a command in other programs."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors say what was probably meant."""

    def error(self, message: str) -> NoReturn:
        if match := re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message):
            from difflib import get_close_matches

            known = re.findall(r"[\w-]+", match[2])
            near = [_MEANT[match[1]]] if match[1] in _MEANT else get_close_matches(match[1], known, n=1)
            hint = f": did you mean {near[0]}?" if near else f"; the commands are {', '.join(known)}"
            message = f"there is no command {match[1]}{hint}"
        elif message == "the following arguments are required: COMMAND":
            message = (
                "no command is given; `mqttcam demo` shows what it does, `mqttcam -h` lists the commands"
            )
        elif match := re.fullmatch(r"unrecognized arguments: (\S+\.(?:ya?ml|json))", message):
            message = f"a configuration file is given with -c: -c {match[1]}"
        elif message.startswith("unrecognized arguments: --"):
            settings = "settings are in the configuration file, or in variables such as MQTTCAM__MQTT__HOST"
            message = f"{message}; {settings}"
        super().error(message)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = _Parser(prog="mqttcam", description="Camera daemon for Home Assistant, over MQTT.")
    parser.add_argument("--version", action="version", version=f"mqttcam {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, *, config: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        if config:
            sub.add_argument(
                "-c", "--config", type=Path, metavar="FILE",
                help="configuration file (default: ./config.yaml, /etc/mqttcam/config.yaml, then environment alone)",
            )  # fmt: skip
        return sub

    add("run", "run the daemon")
    demo = add("demo", "run a demo that needs no camera, no broker and no files", config=False)
    for option, usual in (("--mqtt-port", 1883), ("--web-port", 8080)):
        demo.add_argument(
            option, type=int, metavar="PORT", help=f"default: {usual}, or a free port if that is in use; 0: a free port"
        )  # fmt: skip
    demo.add_argument(
        "--web-host", metavar="ADDRESS",
        help="address of the web page (default: 0.0.0.0 (every interface) in a private network, otherwise 127.0.0.1)",
    )  # fmt: skip
    add("check", "check the configuration; print one line per problem")
    cameras = add("cameras", "list the attached cameras", config=False)
    cameras.add_argument("--json", action="store_true", help="print JSON")
    add(
        "discovery", "print the Home Assistant discovery messages as JSON, without a connection to the broker"
    )
    add("forget", "clear every retained topic of this node, including discovery")
    snapshot = add("snapshot", "take one picture, without MQTT")
    snapshot.add_argument("--camera", metavar="ID", help="default: the first camera")
    snapshot.add_argument(
        "--full-resolution",
        action="store_true",
        help="use the full resolution of the camera, not the configured size",
    )
    snapshot.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="the JPEG to write; - is standard output"
    )
    backup = add(
        "backup", "write a backup: configuration without secrets, values, tuning files, state of series"
    )
    backup.add_argument("archive", metavar="ARCHIVE", help="the ZIP file to write; - is standard output")
    restore = add("restore", "restore a backup; secrets are kept from the present configuration file")
    restore.add_argument("archive", type=Path, metavar="ARCHIVE", help="the ZIP file")
    add("schema", "print the JSON Schema of the configuration file", config=False)
    init = add("init", "ask a few questions and write the first configuration file", config=False)
    add_options(init)
    add("healthcheck", "exit with 0 if the running daemon is healthy")
    add("password", "ask for a password of the web page and print its hash", config=False)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit code: 0 success, 1 failure, 2 invalid usage or configuration, 130 Ctrl-C.

    `run` and `demo` end with 0 after Ctrl-C, once they run.
    """
    try:
        return _run_command(argv)
    except KeyboardInterrupt:
        # Threads may take a moment to end; a second Ctrl-C does not wait for them.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        return INTERRUPTED


def _run_command(argv: Sequence[str] | None) -> int:
    arguments = build_parser().parse_args(argv)
    if arguments.command in _DAEMONS:
        _handle_signals()
        # What is imported and set up is hardly ever garbage; the daemon collects once when it has started.
        gc.disable()
    # Only arrays of NumPy are used; OpenBLAS would start a thread with a buffer for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic would read the metadata of every installed package to look for plugins; mqttcam uses none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from mqttcam.cli import commands
    from mqttcam.settings import SettingsError
    from mqttcam.settings.loading.dotenv import load_dotenv

    if "config" in arguments:
        load_dotenv(os.environ)

    try:
        return commands.COMMANDS[arguments.command](arguments)
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return USAGE
    except UsageError as error:
        print(f"mqttcam: {error}", file=sys.stderr)
        return USAGE
    except CommandFailed as error:
        print(f"mqttcam: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # The reader has closed the pipe (`mqttcam schema | head`), which is not an error.
        drop_output()
        return DONE


def _handle_signals() -> None:
    """Handle signals until the daemon has handlers of its own."""
    # By default SIGHUP ends the process; the configuration is about to be read anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # The first process of a container receives only signals that it handles.
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(DONE)
