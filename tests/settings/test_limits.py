"""However large or odd a configuration is, reading it takes a bounded time, memory and number of lines."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from mqttcam.settings.document.problems import MAX_PROBLEMS, Problem
from mqttcam.settings.loading.dotenv import MAX_BYTES, load_dotenv
from tests.settings.cases import CAMERA, problems

MANY = 5000
MORE = f"there are more problems; only {MAX_PROBLEMS} are listed"


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"unknown_key_{number}: 1\n" for number in range(MANY)),
        "cameras:\n" + "".join(f"  c{number}: {{source: {{type: x}}}}\n" for number in range(MANY)),
        "cameras:\n" + "".join(f"  C {number}: {{source: {{type: x}}}}\n" for number in range(MANY)),
        "".join(f"node: n{number}\n" for number in range(MANY)),
        "web: {hosts: [" + ",".join(f'"http://{number}"' for number in range(MANY)) + "]}",
    ],
    ids=["unknown keys", "source types", "ids", "given twice", "list"],
)
def test_problems_of_a_file_are_listed_up_to_a_limit(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == MAX_PROBLEMS + 1
    assert str(found[-1]) == f"{tmp_path / 'config.yaml'}: {MORE}"


def test_problems_of_the_environment_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    found = problems(tmp_path, CAMERA, {f"MQTTCAM__UNKNOWN__{number}": "1" for number in range(MANY)})
    assert [str(problem) for problem in found[MAX_PROBLEMS:]] == [f"environment: {MORE}"]


def test_a_line_shows_the_beginning_of_a_long_key() -> None:
    assert len(str(Problem("config.yaml", 1, "k" * 100_000, "unknown key"))) < 300


def _load(folder: Path, data: bytes, caplog: pytest.LogCaptureFixture) -> tuple[dict[str, str], str]:
    (folder / ".env").write_bytes(data)
    environ: dict[str, str] = {}
    with caplog.at_level(logging.WARNING):
        load_dotenv(environ, folder / ".env")
    return environ, caplog.text


def test_references_in_a_dotenv_file_multiply_up_to_a_limit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ["A0=xxxxxxxxxxxxxxxx", *(f"A{n + 1}={f'${{A{n}}}' * 8}" for n in range(9))]
    environ, log = _load(tmp_path, "\n".join(lines).encode(), caplog)
    assert environ == {}
    assert f"ignored, cannot be read: its values are larger than {MAX_BYTES} bytes from A4 on" in log


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"A=" + b"x" * MAX_BYTES, f"it is larger than {MAX_BYTES} bytes"),
        (b"A=b\0\n", "it has a zero byte"),
    ],
)
def test_a_dotenv_file_that_cannot_be_used_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes, words: str
) -> None:
    environ, log = _load(tmp_path, data, caplog)
    assert environ == {}
    assert words in log


def test_a_long_row_of_open_references_is_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A pattern without bounds takes a minute for it."""
    text = "${" * 32_000
    assert _load(tmp_path, f"A={text}".encode(), caplog)[0]["A"] == text


def test_references_have_defaults_and_names_that_no_variable_has_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = b"'a=b'=1\nA=x\nB=${A}/${C:-d}/${C}/e\nC\n"
    environ, _ = _load(tmp_path, data, caplog)
    assert {name: environ[name] for name in ("A", "B")} == {"A": "x", "B": "x/d//e"}
    assert not {"a=b", "C"} & environ.keys()
