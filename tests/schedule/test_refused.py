"""Texts that are no schedules."""

from __future__ import annotations

import pytest

from mqttcam.schedule import GRAMMAR, BadSchedule, parse


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "abc",
        "-5",
        "every",
        "every 2 fortnights",
        "30x",
        "every day at 25:00",
        "every minute at 61",
        "every minute at :61",
        "every second at :10",
        "every day at :30",
        "every hour at 10:30:15",
        "every 1.5 days at 10:30",
        "every 0 minutes",
        "400d",
        "61 * * * *",
        "0 0 31 2 *",
        "99999999999",
        "nan",
        "1e3",
        "mondays",
        "5 mondays",
        "x" * 5000,
    ],
)
def test_invalid_schedule_is_refused_with_the_grammar(text: str) -> None:
    """An invalid one is refused in a short line that shows the grammar."""
    with pytest.raises(BadSchedule) as error:
        parse(text)
    assert len(str(error.value)) < 200
    assert error.value.allowed == GRAMMAR
