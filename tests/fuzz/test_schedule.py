"""Schedules, as users and commands write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mqttcam.schedule import BadSchedule, Ticker, parse
from tests.fuzz.bounds import bounded
from tests.fuzz.profile import fuzz

_WORDS = (
    "every 10 0 1 365 366 1.5 .5 second seconds minute hour day week monday sunday at : :00 :59 10:30 24:00 23:59:59 * "
    "*/5 */0 1-5 L # W 31 2 29 feb mon 60 s m h d ٣ ² - / , 0-59 999999999 at:15 5#3 mon-fri"
)
_FIELDS = st.sampled_from(
    ["*", "*/7", "0", "59", "1-5", "L", "5#3", "1,2,3", "mon", "*/1-3", "31", "feb", "29"]
)
TEXTS = (
    st.lists(st.sampled_from(_WORDS.split()), max_size=6).map(" ".join)
    | st.lists(_FIELDS, min_size=5, max_size=6).map(" ".join)
    | st.text(max_size=30)
)


@fuzz
@given(TEXTS, st.floats(1e9, 4e9), st.floats(0, 1e8))
def test_any_text_is_a_schedule_or_refused(text: str, start: float, passed: float) -> None:
    with bounded():
        try:
            schedule = parse(text)
        except BadSchedule as error:
            assert len(str(error)) < 300
            return
        assert parse(str(schedule)) == schedule
        assert schedule.times.after(start + passed, start) > start + passed
        ticker = Ticker(schedule)
        assert ticker.due(start, 0.0), "the first frame is always taken"
        for now in (start + passed, start - passed, start):
            ticker.due(now, passed)
