"""`python -m tests.fuzz --minutes 10`: new examples for every parser, or those named, until the time is over."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.profile import EXAMPLES

_FOLDER = Path(__file__).parent
_EXAMPLES = 1000


def main() -> int:
    """Run each module for its share of the time; return 1 if one found something, which is printed."""
    known = sorted(path.stem.removeprefix("test_") for path in _FOLDER.glob("test_*.py"))
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="in all; default: 10")
    parser.add_argument(
        "parsers", nargs="*", choices=[[], *known], help="default: all of them", metavar="PARSER"
    )
    given = parser.parse_args()
    chosen = given.parsers or known
    failed = []
    for name in chosen:
        end = time.monotonic() + given.minutes * 60 / len(chosen)
        rounds = 0
        while name not in failed and (not rounds or time.monotonic() < end):
            rounds += 1
            failed += [] if _passes(name) else [name]
        print(
            f"{name}: {rounds} x {_EXAMPLES} examples per test, {'FAILED' if name in failed else 'ok'}",
            flush=True,
        )
    return 1 if failed else 0


def _passes(name: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0"]
    done = subprocess.run(
        [*command, str(_FOLDER / f"test_{name}.py")],
        env={**os.environ, EXAMPLES: str(_EXAMPLES)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
