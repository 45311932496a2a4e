"""Arguments and exit codes; what each subcommand does is in `commands.py` beside this file."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mqttcam import __version__
from mqttcam.cli.outcome import DONE, FAILED, USAGE, CommandFailed, UsageError, drop_output

_STAYING = frozenset({"run", "demo"})
"""What runs until it is told to end."""


def build_parser() -> argparse.ArgumentParser:
    """Every subcommand of `mqttcam`."""
    parser = argparse.ArgumentParser(
        prog="mqttcam", description="Camera daemon for Home Assistant, over MQTT."
    )
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
    demo = add("demo", "try it: no camera, no broker, no files needed", config=False)
    for option, usual in (("--mqtt-port", 1883), ("--web-port", 8080)):
        demo.add_argument(
            option, type=int, metavar="PORT", help=f"default {usual}, any free one where it is taken; 0: any free one"
        )  # fmt: skip
    add("check", "check the configuration; one line a problem")
    cameras = add("cameras", "list the cameras attached", config=False)
    cameras.add_argument("--json", action="store_true", help="as JSON")
    add("discovery", "print the Home Assistant discovery messages as JSON; connects to nothing")
    add("forget", "empty every retained topic of this node, discovery included")
    snapshot = add("snapshot", "take one picture, without MQTT")
    snapshot.add_argument("--camera", metavar="ID", help="default: the first one")
    snapshot.add_argument(
        "--full-resolution", action="store_true", help="as large as the camera can, not as it is configured"
    )
    snapshot.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="where the JPEG goes; - is standard output"
    )
    add("schema", "print the JSON Schema of the configuration file", config=False)
    add("healthcheck", "exit 0 while the running daemon is healthy")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand: 0 done, 1 failed while running, 2 usage or configuration."""
    arguments = build_parser().parse_args(argv)
    if arguments.command in _STAYING:
        _heed_signals()
    # NumPy is used for views of pixels only; its linear algebra would start a thread and a buffer for each core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # To look for plugins of pydantic, which nothing here has, is to read and keep what every package installed says.
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
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        # The reader of our output has gone (`mqttcam schema | head`): there is nobody to tell.
        drop_output()
        return DONE


def _heed_signals() -> None:
    """What signals do until the daemon has handlers of its own: what they do then, as far as that is possible."""
    # It asks for what is done now anyway; by default it would end the process.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # A container's first process never gets a signal that it has no handler for.
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(DONE)
