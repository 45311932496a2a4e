"""The worked examples of docs/contributing.md, applied to a copy of the program, which then runs with all of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from tests.docs.markdown import fenced
from tests.support.daemon import Daemon
from tests.support.left_out import leave_out
from tests.support.project import PROJECT
from tests.support.waiting import HOST, free_port, wait_for

TEXT = (PROJECT / "docs" / "contributing.md").read_text(encoding="utf-8")
_NEW_FILE = "# new file: "


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with every example in it."""
    root = tmp_path_factory.mktemp("copy")
    for package in ("mqttcam", "ha_discovery"):
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for snippet in fenced(TEXT, "python"):
        first, _, rest = textwrap.dedent(snippet).partition("\n")
        file = root / first.removeprefix(_NEW_FILE)
        assert first.startswith(_NEW_FILE), first
        assert not file.exists(), file
        file.write_text(rest)
    for snippet in fenced(TEXT, "diff"):
        for hunk in re.split(r"^--- ", textwrap.dedent(snippet), flags=re.MULTILINE)[1:]:
            apply(root, hunk)
    return root


def apply(root: Path, hunk: str) -> None:
    """Replace the lines of a hunk without line numbers; they have to be in the file exactly once."""
    name, *lines = hunk.rstrip("\n").split("\n")
    file = root / name
    old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    text = file.read_text()
    assert text.count(old) == 1, f"{name}: {text.count(old)} times:\n{old}"
    file.write_text(text.replace(old, new))


def test_the_examples_run(copy: Path, tmp_path: Path) -> None:
    port = free_port()
    picture = tmp_path / "latest.jpg"
    config = {
        "state_dir": str(tmp_path / "state"),
        "web": {"enabled": True, "port": port},
        "cameras": {"front": {"source": {"type": "noise"}, "latest": {"path": str(picture)}}},
    }
    with Daemon(tmp_path, config, env={"PYTHONPATH": str(copy)}) as daemon:
        wait_for(
            lambda: picture.exists() or not daemon.alive, "the output has written a picture", interval=0.1
        )
        assert picture.exists(), daemon.log
        assert picture.read_bytes().startswith(b"\xff\xd8")
        address = f"http://{HOST}:{port}/api/cameras/front"
        wait_for(lambda: ask(f"{address}/state").get("frames"), "the entity has counted frames")
        assert ask(f"{address}/state")["latest"] == "ON"
        result = ask(f"{address}/cmd/note", {"text": "the parcel is here"})
        assert result["ok"], result
        assert "camera front: the parcel is here" in daemon.log


def ask(address: str, body: object = None) -> dict[str, object]:
    """A request, with a JSON body or without."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, object] = json.loads(answer.read())
        return found


def test_the_examples_are_typed_and_tidy(copy: Path) -> None:
    """As strictly as the program itself."""
    changed = [
        snippet.partition("\n")[0].strip().removeprefix(_NEW_FILE) for snippet in fenced(TEXT, "python")
    ]
    changed += sorted(set(re.findall(r"^ *--- (\S+)", "\n".join(fenced(TEXT, "diff")), re.MULTILINE)))
    shutil.copy(PROJECT / "pyproject.toml", copy)
    for tool in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        program = Path(sys.executable).with_name(tool[0])
        if not program.exists():
            leave_out(f"{tool[0]} is not installed")
        done = subprocess.run(
            [program, *tool[1:], *changed], cwd=copy, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
