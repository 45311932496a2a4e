"""Compare what a frame costs in two commits.

usage: python tests/bench/compare.py BASE [HEAD] [--rounds 6] [--seconds 4] [--only NAME …]

BASE and HEAD are commits; without HEAD, the files of this checkout are measured as they are. Each commit is checked out
into a temporary worktree and runs in the environment of the Python that runs this program. The programs that measure
are those of this checkout.

The sides run in turn, and each round gives a ratio. A difference is called real if the median of the ratios is further
from 1 than twice its standard error, which is estimated from their median absolute deviation, and nearly all rounds
agree on its sign. On a machine that does other work, compare a commit with itself first. Needs mosquitto and git.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.run import CHECKOUT, compile_modules, first_discovery, measure

SMALL, LARGE = (640, 480), (1920, 1080)
_DEVIATIONS = 1.4826
"""Standard deviations of a normal distribution in a median absolute deviation."""
_MEDIAN = 1.2533
"""The standard error of a median, in those of a mean."""


@dataclass
class Rows:
    """What has been measured of both sides, by name; all rows of one name have as many rounds."""

    base: dict[str, list[float]] = field(default_factory=dict)
    head: dict[str, list[float]] = field(default_factory=dict)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check out a commit into a temporary worktree for the block."""
    with tempfile.TemporaryDirectory(prefix="mqttcam-compare-") as name:
        folder = Path(name) / "checkout"
        _git("worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(CHECKOUT), *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def label(commit: str | None) -> str:
    """Return the beginning of a commit's hash and its subject."""
    if commit is None:
        return "the files of this checkout"
    return _git("log", "-1", "--format=%h %s", commit)


def paced(checkout: Path, size: tuple[int, int], seconds: float) -> dict[str, float]:
    """Measure 24 frames per second."""
    found = measure("daemon", size, 24, seconds, checkout)
    name = f"{size[0]}x{size[1]} at 24 fps"
    return {
        f"{name}: CPU per frame, ms": found.cpu,
        f"{name}: age of a picture p50, ms": found.p50,
        f"{name}: memory (PSS), MB": found.memory,
    }


def unpaced(checkout: Path, size: tuple[int, int], seconds: float) -> dict[str, float]:
    """Measure as many frames per second as possible."""
    found = measure("daemon", size, 0, seconds, checkout)
    name = f"{size[0]}x{size[1]} as fast as possible"
    return {f"{name}: frames per second": found.fps, f"{name}: CPU per frame, ms": found.cpu}


def discovery(checkout: Path, _size: tuple[int, int], _seconds: float) -> dict[str, float]:
    """Measure the time to the first discovery."""
    took, used = first_discovery(checkout)
    return {"first discovery after exec, s": took, "first discovery: CPU time until then, s": used}


PARTS = {
    "paced": ((SMALL, LARGE), paced),
    "unpaced": ((SMALL, LARGE), unpaced),
    "discovery": ((SMALL,), discovery),
}


def difference(base: Sequence[float], head: Sequence[float]) -> tuple[float, float, bool]:
    """Return the median ratio of head to base, twice its standard error, and whether the two really differ.

    Rounds with the same index are compared with each other.
    """
    ratios = [after / before for before, after in zip(base, head, strict=True)]
    middle = statistics.median(ratios)
    deviation = statistics.median(abs(ratio - middle) for ratio in ratios) * _DEVIATIONS
    noise = 2 * _MEDIAN * deviation / math.sqrt(len(ratios))
    agreeing = sum((ratio > 1) == (middle > 1) for ratio in ratios)
    return middle, noise, abs(middle - 1) > noise and len(ratios) - agreeing <= len(ratios) // 6


def row(name: str, base: Sequence[float], head: Sequence[float]) -> str:
    """Return a row of the table: each side's median with its quartiles, and what they differ by."""
    ratio, noise, real = difference(base, head)
    verdict = "no difference beyond noise" if not real else "less" if ratio < 1 else "more"
    return f"| {name} | {_spread(base)} | {_spread(head)} | {ratio:.3f} ± {noise:.3f} | {verdict} |"


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3g}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def run(base: Path, head: Path, options: argparse.Namespace) -> Rows:
    """Measure both sides in turn; every other round begins with the other side."""
    rows = Rows()
    for part in options.only:
        sizes, of = PARTS[part]
        for size in sizes:
            for number in range(options.rounds):
                sides = [(base, rows.base), (head, rows.head)]
                for checkout, found in sides if number % 2 == 0 else reversed(sides):
                    for name, value in of(checkout, size, options.seconds).items():
                        found.setdefault(name, []).append(value)
    return rows


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", metavar="BASE")
    parser.add_argument("head", metavar="HEAD", nargs="?")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    print(f"base: {label(options.base)}\nhead: {label(options.head)}\n")
    with ExitStack() as stack:
        base = stack.enter_context(checked_out(options.base))
        head = CHECKOUT if options.head is None else stack.enter_context(checked_out(options.head))
        for checkout in (base, head):
            compile_modules(checkout)
        rows = run(base, head, options)
    print("| measured | base | head | head / base | |\n| --- | --- | --- | --- | --- |")
    for name, values in rows.base.items():
        print(row(name, values, rows.head[name]))


if __name__ == "__main__":
    main()
