"""The functions of deploy/venv.sh: each start ends in an environment, or in one sentence that says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from tests.support.project import PROJECT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a space in its name and the scripts in it; `bin` in it is all that PATH has."""
    folder = tmp_path / "my checkout"
    (folder / "deploy").mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("demo.sh", "venv.sh"):
        shutil.copy(PROJECT / "deploy" / name, folder / "deploy")
    for tool in ("sh", "dirname", "id", "cat", "cksum", "grep", "tail"):
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return folder


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the machine's own program
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def start(checkout: Path) -> tuple[int, list[str], list[str]]:
    """Start the demo from elsewhere; return the exit code and the lines of both outputs."""
    done = subprocess.run(
        [str(checkout / "bin/sh"), str(checkout / "deploy/demo.sh")],
        cwd="/",
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


@pytest.mark.parametrize("version", ["3.9.2", "3.10.12"])
def test_an_old_python_is_refused_before_anything_is_installed(checkout: Path, version: str) -> None:
    old = f'case "$2" in *platform*) echo {version};; *) exit 1;; esac'
    script(checkout / "bin/python3", old)
    code, out, err = start(checkout)
    assert (code, out, len(err)) == (1, [], 1)
    assert f"needs Python 3.11 or newer, and python3 is {version}: use Debian 12" in err[0]
    assert not (checkout / ".venv").exists()


def test_no_python(checkout: Path) -> None:
    code, out, err = start(checkout)
    assert (code, out, len(err)) == (1, [], 1)
    assert "there is no python3" in err[0]


def test_a_newer_python_beside_an_old_one_is_used(checkout: Path) -> None:
    script(checkout / "bin/python3", "exit 1")
    script(checkout / "bin/python3.12", 'case "$*" in *ensurepip*) exit 1;; esac')
    code, _, err = start(checkout)
    assert (code, err) == (
        1,
        ["Python's modules venv and ensurepip are missing: install them with this system's package manager."],
    )


def test_without_sudo_the_package_is_named(checkout: Path) -> None:
    script(checkout / "bin/python3", 'case "$*" in *ensurepip*) exit 1;; esac')
    script(checkout / "bin/apt-get", "exit 1")
    script(checkout / "bin/id", "echo 1000")
    code, _, err = start(checkout)
    assert (code, err) == (
        1,
        [
            "The package python3-venv is missing: run 'apt-get install python3-venv' as root, then start this again."
        ],
    )


def test_a_stale_environment_is_made_again_and_a_good_one_kept(checkout: Path) -> None:
    script(checkout / ".venv/bin/python", "exit 1")
    made = checkout / "made"
    script(checkout / "bin/python3", f'case "$*" in *--clear*) echo "$*" >>"{made}"; exit 3;; esac')
    code, out, _ = start(checkout)
    assert (code, out) == (3, ["Making .venv again: it does not work with this Python."])
    assert made.read_text() == "-m venv --clear .venv\n"
    (checkout / "pyproject.toml").write_text("")
    (checkout / ".ci").mkdir()
    (checkout / ".ci/constraints.txt").write_text("")
    script(checkout / ".venv/bin/python", 'echo "$@" >>"$0.log"')
    assert start(checkout)[0] == 0
    assert start(checkout)[0] == 0
    log = [line for line in (checkout / ".venv/bin/python.log").read_text().splitlines() if "-m" in line]
    assert [line for line in log if "pip" in line] == ["-m pip install --quiet --editable .[demo]"]
    assert log[-1] == "-m mqttcam demo"
    assert made.read_text().count("\n") == 1


def test_the_tested_versions_are_found_from_any_folder(checkout: Path) -> None:
    """Pip starts itself in other folders to build packages, and splits the variable at spaces."""
    (checkout / "pyproject.toml").write_text("")
    (checkout / ".ci").mkdir()
    (checkout / ".ci/constraints.txt").write_text("")
    script(checkout / "bin/python3", "exit 0")
    script(
        checkout / ".venv/bin/python",
        f'case "$2" in *as_uri*) exec "{sys.executable}" "$@";; pip) echo "$PIP_CONSTRAINT" >>"$0.log";; esac',
    )
    code, out, err = start(checkout)
    assert (code, err) == (0, []), out
    (constraints,) = (checkout / ".venv/bin/python.log").read_text().splitlines()
    assert " " not in constraints
    assert url2pathname(urlsplit(constraints).path) == str(checkout.resolve() / ".ci/constraints.txt")


@pytest.fixture
def environment(checkout: Path) -> Path:
    """The Python of an environment that works, whose pip does what a test writes into `python.pip` beside it."""
    python = checkout / ".venv/bin/python"
    script(python, 'case "$*" in "-m pip "*) . "$0.pip";; *as_uri*) echo file:///constraints.txt;; esac')
    script(checkout / "bin/python3", "exit 0")
    (checkout / "pyproject.toml").write_text("")
    (checkout / ".ci").mkdir()
    (checkout / ".ci/constraints.txt").write_text("")
    return python


def test_without_a_network_one_sentence_says_so(checkout: Path, environment: Path) -> None:
    environment.with_name("python.pip").write_text("echo 'ERROR: no hatchling' >&2; exit 1\n")
    code, out, err = start(checkout)
    assert (code, len(out), len(err)) == (1, 1, 1)
    assert "this machine does not reach the package index (PyPI): connect it" in err[0]
    assert (checkout / ".venv/pip.log").read_text() == "ERROR: no hatchling\n"
    assert not (checkout / ".venv/installed").exists()


def test_where_the_tested_versions_cannot_be_installed_the_newest_are(
    checkout: Path, environment: Path
) -> None:
    environment.with_name("python.pip").write_text('[ "$3" = index ] || [ -z "${PIP_CONSTRAINT:-}" ]\n')
    code, out, err = start(checkout)
    assert (code, err) == (0, [])
    assert out[-1] == "The tested versions cannot be installed here; installing the newest ones instead."
    assert (checkout / ".venv/installed").exists()


def test_what_cannot_be_installed_at_all_ends_in_pips_reason(checkout: Path, environment: Path) -> None:
    environment.with_name("python.pip").write_text(
        '[ "$3" = index ] && exit; echo "  error: x" >&2; echo "ERROR: No space left on device" >&2; exit 1\n'
    )
    code, _, err = start(checkout)
    assert (code, len(err)) == (1, 1)
    assert (
        "could not be installed (ERROR: No space left on device): pip's messages in .venv/pip.log" in err[0]
    )


def test_the_python_of_the_tests_is_new_enough() -> None:
    assert sys.version_info >= (3, 11)
