"""The configuration file of the answers: YAML in block style, with comments."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from mqttcam.setup.answers import BrokerLogin, CameraAnswer, SetupAnswers

_WIDTH = 10**6
"""Characters: a value is never broken into lines."""


def configuration_text(answers: SetupAnswers, path: Path) -> str:
    """Return the content of the file, which will be at `path`."""
    sections = [
        _head(path),
        _node(answers),
        *_broker(answers),
        *([_web(answers)] if answers.web_port is not None else []),
        *([_RECORDINGS] if answers.recordings else []),
        _cameras(answers),
    ]
    return "\n".join(sections)


def _head(path: Path) -> str:
    file = shlex.quote(str(path))
    return f"""\
# The configuration of mqttcam, written by `mqttcam init`.
#
#   mqttcam check -c {file}     checks it after a change
#   mqttcam run -c {file}       runs mqttcam with it
#
# These are only the settings that a first camera needs. `config.example.yaml` shows all others with their defaults.
"""


def _node(answers: SetupAnswers) -> str:
    return f"""\
# The name of this machine in topics and unique ids: with another one, Home Assistant would add new devices.
node: {_scalar(answers.node)}
"""


def _broker(answers: SetupAnswers) -> Iterator[str]:
    if isinstance(answers.broker, BrokerLogin):
        yield "# The MQTT broker that Home Assistant uses.\nmqtt:\n" + _block(answers.broker.section(), 2)
    elif answers.broker == "embedded":
        yield """\
# mqttcam's own MQTT broker. It accepts everyone who can reach it, without a password.
# With the host 127.0.0.1, only programs on this machine can reach it.
broker:
  enabled: true
  host: 0.0.0.0
"""


def _web(answers: SetupAnswers) -> str:
    if answers.user is None:
        return f"""\
# The web page, without a login. The host 127.0.0.1 means that only this machine can open it.
web:
  enabled: true
  host: 127.0.0.1
  port: {answers.web_port}
"""
    return f"""\
# The web page. The host 0.0.0.0 means that other machines can open it.
web:
  enabled: true
  host: 0.0.0.0
  port: {answers.web_port}
  users:
    {_scalar(answers.user.name)}:
      # Made from the password, which it does not reveal. `mqttcam password` prints the line for another password.
      password_hash: {_scalar(answers.user.password_hash)}
"""


_RECORDINGS = """\
# How long recordings are kept. The oldest are deleted first; favourites are never deleted.
recordings:
  keep:
    days: 14
    size: 10GB
"""


def _cameras(answers: SetupAnswers) -> str:
    if not answers.cameras:
        return "# Without a camera, only this machine appears in Home Assistant.\ncameras:\n"
    blocks = [
        _camera(camera, first=index == 0, recordings=answers.recordings)
        for index, camera in enumerate(answers.cameras)
    ]
    head = "# Each camera under its id, which is part of topics and unique ids and is never displayed.\ncameras:\n"
    return head + "\n".join(blocks)


def _camera(camera: CameraAnswer, *, first: bool, recordings: bool) -> str:
    """Return the section of a camera; only the first one has comments."""

    def note(text: str) -> list[str]:
        return [f"    # {text}"] if first else []

    lines = [
        f"  {_scalar(camera.id)}:",
        *note("The name in Home Assistant and on the page."),
        f"    name: {_scalar(camera.name)}",
        "    source:",
        _block(camera.source, 6).rstrip("\n"),
    ]
    if camera.size is not None:
        lines += [*note("Width x height in pixels."), f"    size: {camera.size}"]
    lines += ["    image:", *(["      # Pictures per second over MQTT."] if first else []), "      fps: 2"]
    if recordings:
        lines += [*note("Motion detection, and a video of each motion with the seconds before it.")]
        lines += ["    motion: true", "    record: true"]
    return "\n".join(lines) + "\n"


def _block(section: Mapping[str, object], indent: int) -> str:
    """Return a section in block style."""
    margin = " " * indent
    text = ""
    for key, value in section.items():
        if isinstance(value, Mapping):
            text += f"{margin}{key}:\n{_block(value, indent + 2)}"
        else:
            text += f"{margin}{key}: {_scalar(value)}\n"
    return text


def _scalar(value: object) -> str:
    """Return a value as YAML on one line, quoted if it needs to be."""
    # Only in double quotes are line breaks escaped, of which YAML has more than one.
    return _dump(value, None if str(value).isprintable() else '"')


def _dump(value: object, style: str | None) -> str:
    text = yaml.safe_dump(
        value, width=_WIDTH, allow_unicode=True, default_flow_style=True, default_style=style
    )
    return text.removesuffix("...\n").strip("\n")
