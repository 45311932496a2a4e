"""The pages of the documentation: links, commands, configurations and messages are those of the program."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import shlex
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml
from _pytest.mark.structures import ParameterSet

from mqttcam.cli.main import build_parser
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import json_schema
from tests.docs.markdown import PAGES, anchors, commands, fenced, links, name_of
from tests.docs.tables import topics_of
from tests.support.daemon import mqttcam_command
from tests.support.project import PROJECT

FRONT_PAGE_LINES = 150
_PLACEHOLDER = re.compile(r" … ?|… ?")
_ROWS = re.compile(r"^\| `(.+?)` (?:… )?\|", re.MULTILINE)
_NOT_OURS = {"automation"}
"""The first key of snippets for another program's configuration."""
_PROGRAMS = {"mqttcam", "/opt/mqttcam/bin/mqttcam"}


def each(of: str) -> list[ParameterSet]:
    """Every snippet of a kind on every page, as pytest's parameters."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        parts = {
            "links": links(text),
            "commands": commands(text),
            "yaml": fenced(text, "yaml"),
            "json": fenced(text, "json"),
        }[of]
        found += [
            pytest.param(page, part, id=f"{page.stem}-{number}") for number, part in enumerate(parts, 1)
        ]
    return found


@pytest.mark.parametrize(("page", "target"), each("links"))
def test_links_lead_somewhere(page: Path, target: str) -> None:
    address, _, place = target.partition("#")
    if "://" in address:
        return
    file = (page.parent / address) if address else page
    assert file.exists(), target
    assert not place or place in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize(("page", "snippet"), each("yaml"))
def test_configurations_are_valid(page: Path, snippet: str, tmp_path: Path) -> None:
    keys = yaml.safe_load(snippet)
    if _NOT_OURS & set(keys):
        return
    file = tmp_path / "config.yaml"
    for secret in re.findall(r"/run/secrets/(\w+)", snippet):
        (tmp_path / secret).write_text(_PASSWORD_HASH)
    file.write_text(snippet.replace("/run/secrets", str(tmp_path)))
    # A snippet without a broker is a part of a file that has one.
    done = mqttcam_command(tmp_path, "check", "-c", str(file), env={"MQTTCAM__MQTT__HOST": "broker.lan"})
    assert done.returncode == 0, done.stderr
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(file.read_text()))


_PASSWORD_HASH = "scrypt:16384:8:1:c2FsdHNhbHRzYWx0c2FsdA:aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"


@pytest.mark.parametrize(("page", "snippet"), each("json"))
def test_json_can_be_read(page: Path, snippet: str) -> None:
    json.loads(snippet)


@pytest.mark.parametrize(("page", "line"), each("commands"))
def test_commands_are_ours(page: Path, line: str) -> None:
    """Subcommands and options exist, and so do the topics and the files that are named."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["sudo"]:
        words = words[1:]
    if words and words[0] in _PROGRAMS:
        build_parser().parse_args(words[1:])
    elif words and words[0].startswith("mosquitto_"):
        topics = [words[index + 1] for index, word in enumerate(words) if word == "-t"]
        assert topics
        for topic in topics:
            assert any(re.fullmatch(known, topic) for known in _known_topics()), topic
    else:
        for word in words:
            if re.match(r"(deploy|docs|tests|mqttcam|\.ci)/", word):
                assert (PROJECT / word).exists(), word


@cache
def _known_topics() -> list[str]:
    """Ours as patterns; also the filter for everything of the node."""
    node = Topics("mqttcam", "pi-garden")
    topics = [*topics_of(node), *topics_of(node.camera("front"))]
    return [re.sub(r"<\w+>", r"\\w+", topic) for topic, _ in topics] + [rf"{node.root}/\+"]


def test_commands_are_there() -> None:
    lines = [line for page in PAGES for line in commands(page.read_text(encoding="utf-8"))]
    assert sum(line.startswith("mosquitto_pub") for line in lines) > 8
    assert sum(line.removeprefix("sudo ").startswith("mqttcam ") for line in lines) > 5


def test_every_subcommand_is_described() -> None:
    """In the table of the `mqttcam` command."""
    text = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (subparsers,) = build_parser()._subparsers._group_actions  # type: ignore[union-attr]
    assert set(re.findall(r"^\| `mqttcam (\w+)", text, re.MULTILINE)) == set(subparsers.choices or ())


def test_messages_are_printed_by_the_program() -> None:
    """What troubleshooting explains, up to the places where a name stands."""
    text = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    tables = text.split("## ")[1:]
    rows = [row for table in tables for row in re.findall(r"^\| (.+?) \| ", table, re.MULTILINE)]
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row)]
    messages.append("images are made smaller to fit into a packet")
    ours = [message for message in messages if " " in message]
    assert len(ours) > 20
    printed = _printed()
    pieces = [piece.strip(" :") for message in ours for piece in _PLACEHOLDER.split(message)]
    assert [piece for piece in pieces if piece not in printed] == []


def _printed() -> str:
    """Every text in the program but docstrings and hints, with `…` where a value goes, and the system's own errors."""
    found = [os.strerror(number) for number in errno.errorcode]
    for path in (PROJECT / "mqttcam").rglob("*.py"):
        if path.parent.name == "hints":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values]
                found.append("".join(parts))
    return "\n".join(found)


def test_the_front_page_is_short() -> None:
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= FRONT_PAGE_LINES


def test_every_page_is_linked_from_the_front_page() -> None:
    front = links((PROJECT / "README.md").read_text(encoding="utf-8"))
    pages = {name_of(page) for page in PAGES if page.parent == PROJECT / "docs"}
    assert pages <= {target.partition("#")[0] for target in front}


def test_places_exist() -> None:
    """Files and folders that the pages for developers name, besides those of the worked examples."""
    for name in ("architecture", "contributing"):
        text = (PROJECT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        new = set(re.findall(r"^ *# new file: (\S+)", text, re.MULTILINE))
        places = set(re.findall(r"`((?:mqttcam|tests|deploy|docs|\.ci)/[\w./-]*)`", text)) - new
        assert places
        assert {place for place in places if not (PROJECT / place).exists()} == set()


def test_every_package_has_a_row() -> None:
    """In the table of packages."""
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {f"mqttcam/{path.parent.name}/" for path in (PROJECT / "mqttcam").glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}`" not in text} == set()
