"""The options of `mqttcam init`: each answers one of its questions.

Every command loads this module, so it imports nothing of ours.
"""

from __future__ import annotations

import argparse
from pathlib import Path

WEB_PORT = 8080


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""

    def add(option: str, metavar: str, text: str, **more: object) -> None:
        parser.add_argument(option, metavar=metavar, help=text, **more)  # type: ignore[arg-type]

    parser.add_argument(
        "-c", "--config", type=Path, metavar="FILE",
        help="the file to write (default: /etc/mqttcam/config.yaml as root, otherwise ./config.yaml)",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true", help="replace an existing file; it is kept as FILE.bak.1 (or 2, 3, …)"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing: use the options and defaults")
    parser.add_argument("--page", action="store_true", help="ask on a web page, not in the terminal")
    add(
        "--web-host",
        "ADDRESS",
        "with --page: the address to listen on (default: every interface in a private network)",
    )
    add(
        "--web-port",
        "PORT",
        f"the port of the web page, with --page also of the questions (default: {WEB_PORT})",
        type=int,
    )
    add("--node", "ID", "the name of this machine in topics (default: the host name)")
    add(
        "--camera", "[ID=]CAMERA", "test, usb, usb:/dev/video0, pi, pi:0, or an address; can be repeated",
        action="append",
    )  # fmt: skip
    add("--camera-name", "ID=NAME", "the name of a camera; can be repeated", action="append")
    add("--broker", "BROKER", "mqtt://USER@HOST:PORT, mqtts://… (TLS), embedded, or none")
    add("--password-file", "FILE", "a file with the password for the broker", type=Path)
    add("--ca-file", "FILE", "with mqtts: the certificate of the broker's authority (PEM)", type=Path)
    add("--user", "NAME", "the first user of the web page (default: no login, on this machine only)")
    add("--user-password-file", "FILE", "a file with the password of that user", type=Path)
    parser.add_argument(
        "--recordings", action=argparse.BooleanOptionalAction, help="record motion (default: no)"
    )
    parser.add_argument(
        "--no-test", action="store_true", help="connect to neither the broker nor the cameras"
    )
