"""`python -m tests.soak --seed 1 --minutes 60`: the soak, which ends in a table; exit code 1 if something is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.soak.run import soak
from tests.support.broker import find_mosquitto


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak that the arguments describe."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the random faults, viewers and commands")
    parser.add_argument("--minutes", type=float, default=2, help="how long faults occur")
    parser.add_argument("--directory", type=Path, help="for logs and state; default: a new temporary one")
    given = parser.parse_args(arguments)
    if find_mosquitto() is None:
        parser.error("mosquitto is not installed")
    directory = given.directory or Path(tempfile.mkdtemp(prefix="mqttcam-soak-"))
    directory.mkdir(parents=True, exist_ok=True)
    print(f"seed {given.seed}, {given.minutes:g} minutes, in {directory}", flush=True)
    text, findings = soak(directory, given.seed, given.minutes)
    print(f"\n{text}\n")
    for finding in findings:
        print(f"WRONG: {finding}")
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
