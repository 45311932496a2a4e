"""Every mosquitto_pub line of the documentation, against a daemon that is named as the documentation names it."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest

from tests.docs.markdown import PAGES, commands
from tests.support.left_out import leave_out
from tests.support.rig import Launch

LINES = sorted(
    {
        line
        for page in PAGES
        for line in commands(page.read_text(encoding="utf-8"))
        if line.startswith("mosquitto_pub")
    }
)


@pytest.mark.parametrize("line", [line for line in LINES if "/cmd/restart " not in line])
def test_the_line_does_what_it_says(launch: Launch, line: str) -> None:
    if shutil.which("mosquitto_pub") is None:
        leave_out("mosquitto_pub is not installed")
    rig = launch(node="pi-garden")
    rig.front.wait_availability("online")
    words = shlex.split(line, comments=True)
    since = rig.mark()
    subprocess.run([words[0], "-p", str(rig.broker.port), *words[1:]], check=True, timeout=60)
    topic = words[words.index("-t") + 1]
    device = rig.front.base if topic.startswith(f"{rig.front.base}/") else rig.node.base
    result = rig.client.wait(f"{device}/result", since=since).json
    if "# where the camera can" in line and not result["ok"]:
        assert result["error"]["code"] == "not_supported", result
    else:
        assert result["ok"] is True, result


def test_there_are_such_lines() -> None:
    assert len(LINES) > 8
