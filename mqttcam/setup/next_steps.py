"""What to run once the configuration is written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from mqttcam.settings import NoConfiguration, WebSettings, find_config
from mqttcam.settings.loading.loader import DEFAULT_FILES
from mqttcam.setup.answers import SetupAnswers
from mqttcam.text import as_root
from mqttcam.web.address import page_url

_UNIT = Path("/etc/systemd/system/mqttcam.service")
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman put into their containers."""


def next_steps(path: Path, environ: Mapping[str, str], root: Path = Path("/")) -> list[tuple[str, str]]:
    """Return commands, and what each does; the first one is the usual next one.

    Args:
        root: the folder that stands for `/`.
    """
    if any((root / mark.relative_to("/")).exists() for mark in _CONTAINER_MARKS):
        return [
            ("docker restart CONTAINER", "on the host, if mqttcam is already installed there as a container"),
            ("docker run -d …", "on the host, with the same volumes; see docs/deployment.md#docker"),
        ]
    run = f"mqttcam run{_option(path, environ)}"
    if path.absolute() != DEFAULT_FILES[1]:
        return [(run, "runs it here, until Ctrl-C")]
    if (root / _UNIT.relative_to("/")).exists():
        return [
            (as_root("systemctl enable mqttcam"), "starts it at every boot"),
            (as_root("systemctl restart mqttcam"), "starts it now, with this configuration"),
        ]
    return [
        (run, "tries it here, until Ctrl-C"),
        (
            as_root("cp deploy/mqttcam.service /etc/systemd/system/"),
            "in mqttcam's folder: installs the service",
        ),
        (as_root("systemctl enable --now mqttcam"), "starts it now and at every boot"),
    ]


def page_address(answers: SetupAnswers) -> str:
    """Return the address of the page that the answers configure."""
    host = "127.0.0.1" if answers.user is None else "0.0.0.0"
    settings = WebSettings.model_construct(host=host, port=answers.web_port or 0)
    return page_url(settings, settings.port)


def _option(path: Path, environ: Mapping[str, str]) -> str:
    """Return the option `-c` unless the file is found without it."""
    try:
        found = find_config(None, environ)
    except NoConfiguration:
        found = None
    same = found is not None and found.absolute() == path.absolute()
    return "" if same else f" -c {shlex.quote(str(path))}"
