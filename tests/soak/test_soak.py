"""What the soak judges by: counts that add up, and memory, descriptors and threads that stay flat."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import __main__
from tests.soak.counts import KAFKA, MQTT, TCP, Count, calm_mistakes, mistakes
from tests.soak.report import counts_table, samples_table
from tests.soak.samples import Sample, growth
from tests.soak.setting import ALL_FRAMES


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Count(ALL_FRAMES, KAFKA, 100, 90, 10), ""),
        (Count(ALL_FRAMES, KAFKA, 100, 90, 1), "9 frames are neither delivered nor dropped"),
        (Count("other", KAFKA, 100, 20, 1), ""),
        (Count("other", KAFKA, 100, 100, 10), "10 more frames"),
        (Count(ALL_FRAMES, MQTT, 100, 60, 10), ""),
        (Count(ALL_FRAMES, MQTT, 200, 60, 10), "130 frames are neither"),
        (Count(ALL_FRAMES, KAFKA, 100, 90, 10, received=95), ""),
        (Count(ALL_FRAMES, KAFKA, 100, 90, 10, received=80), "80 received, 90 sent"),
        (Count(ALL_FRAMES, TCP, 100, 90, 10, received=80), ""),
        (Count(ALL_FRAMES, TCP, 100, 90, 10, received=95), "95 received, 90 sent"),
    ],
)
def test_counts_add_up(count: Count, words: str) -> None:
    found = "\n".join(mistakes([count], outages=2))
    assert words in found
    assert bool(words) == bool(found)


def test_nothing_is_lost_without_a_fault() -> None:
    before = [Count(ALL_FRAMES, MQTT, 100, 60, 10), Count(ALL_FRAMES, TCP, 100, 60, 10, received=50)]
    after = [Count(ALL_FRAMES, MQTT, 150, 110, 10), Count(ALL_FRAMES, TCP, 150, 110, 10, received=100)]
    assert calm_mistakes(before, after) == []
    after = [Count(ALL_FRAMES, MQTT, 150, 100, 10), Count(ALL_FRAMES, TCP, 150, 110, 10, received=90)]
    assert len(calm_mistakes(before, after)) == 2


def samples(*resident: float, descriptors: int = 0, threads: int = 0) -> list[Sample]:
    """One every five minutes; each has more descriptors and threads than the one before."""
    return [
        Sample(5.0 * number, memory, memory, 30 + descriptors * number, 20 + threads * number)
        for number, memory in enumerate(resident)
    ]


FLAT = (80.0, 95.0, 100.0, 101.0, 100.0, 103.0, 99.0, 102.0, 101.0, 100.0, 100.0, 101.0, 102.0)


def test_flat_after_the_warm_up() -> None:
    assert growth(samples(*FLAT)) == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (samples(*(80.0 + 2 * number for number in range(13))), "memory"),
        (samples(*FLAT, descriptors=1), "descriptors"),
        (samples(*FLAT, threads=1), "threads"),
        (samples(80.0), "too few"),
    ],
)
def test_what_grows_is_found(found: list[Sample], word: str) -> None:
    assert [text for text in growth(found) if word in text]


@pytest.mark.parametrize(("findings", "code"), [([], 0), (["memory: +9.0 MiB"], 1)])
def test_exit_code(
    findings: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(__main__, "soak", lambda *_: ("a table", findings))
    monkeypatch.setattr(__main__, "find_mosquitto", lambda: "mosquitto")
    assert __main__.main(["--seed", "3", "--minutes", "1", "--directory", str(tmp_path)]) == code
    printed = capsys.readouterr().out
    assert "a table" in printed
    assert all(f"WRONG: {finding}" in printed for finding in findings)


def test_tables() -> None:
    assert samples_table(samples(80.0)).splitlines()[-1] == "| 0 | 80.0 | 80.0 | 30 | 20 |"
    count = Count(ALL_FRAMES, KAFKA, 100, 90, 10, received=95)
    assert counts_table([count]).splitlines()[-1] == "| pattern | Kafka | 100 | 90 | 10 | 0 | 0 | 95 |"
