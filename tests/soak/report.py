"""The table at the end of a soak, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.soak.commands import Tally
from tests.soak.counts import Count
from tests.soak.samples import Sample


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def samples_table(samples: Iterable[Sample]) -> str:
    head = ("Minute", "Memory, MiB", "of it anonymous, MiB", "Descriptors", "Threads")
    return table(
        head,
        (
            (f"{one.minute:.0f}", f"{one.resident:.1f}", f"{one.anonymous:.1f}", one.descriptors, one.threads)
            for one in samples
        ),
    )


def counts_table(counts: Iterable[Count]) -> str:
    head = ("Camera", "Output", "Captured", "Delivered", "Dropped", "Waiting", "Left out", "Received")
    return table(head, map(_count_row, counts))


def _count_row(one: Count) -> tuple[object, ...]:
    received = "" if one.received is None else one.received
    return (
        one.camera,
        one.output,
        one.captured,
        one.delivered,
        one.dropped,
        one.waiting,
        one.left_out,
        received,
    )


def commands_table(tally: Tally, posted: int, answered: int) -> str:
    head = ("Commands", "Sent", "Answered", "Answered twice", "During outages of the broker (not judged)")
    rows = [
        ("MQTT", tally.sent, tally.answered, len(tally.answered_twice), tally.during_outages),
        ("HTTP", posted, answered, 0, 0),
    ]
    return table(head, rows)


def faults_table(counts: Mapping[str, int]) -> str:
    return table(
        ("Fault", "Times"), sorted((name.replace("_", " "), count) for name, count in counts.items())
    )
