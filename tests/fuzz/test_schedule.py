"""Schedules, as users and commands write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mqttcam.schedule import BadSchedule, Ticker, needs_location, parse, parse_period
from mqttcam.settings.schedules import LocationSettings
from tests.fuzz.bounds import bounded
from tests.fuzz.profile import fuzz

_WORDS = (
    "every 10 0 1 365 366 1.5 .5 second seconds minute hour day week monday sunday at : :00 :59 10:30 24:00 23:59:59 * "
    "sunrise sunset sunrise+15m at sunset-12h+1h on mon-fri sat,sun from to 22:00 06:00 "
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
_HOURS = st.sampled_from(
    ["sunrise", "sunset+1h30m", "sunset-12h", "sunrise+0.5m", "00:00", "24:00", "23:59:59", "7:5", "12:00"]
)
PERIODS = st.lists(
    st.builds("from {} to {}".format, _HOURS, _HOURS)
    | st.sampled_from(["on mon", "on sat-tue,fri", "on", "from 7:00", "to"]),
    max_size=3,
).map(" ".join)
PLACES = st.builds(LocationSettings, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))


@fuzz
@given(TEXTS, PERIODS, PLACES, st.floats(1e9, 4e9), st.floats(0, 1e8))
def test_any_text_is_a_schedule_or_refused(
    text: str, period: str, place: LocationSettings, start: float, passed: float
) -> None:
    text = f"{text} {period}"
    with bounded(4):
        try:
            schedule = parse(text, place)
        except BadSchedule as error:
            assert len(str(error)) < 300
            return
        assert parse(str(schedule), place) == schedule
        assert schedule.times.after(start + passed, start) > start + passed
        ticker = Ticker(schedule)
        active = schedule.period is None or schedule.period.state(start)[0]
        assert ticker.due(start, 0.0) is active, "the first frame is always taken, except outside the period"
        for now in (start + passed, start - passed, start):
            ticker.due(now, passed)


@fuzz
@given(PERIODS | TEXTS, PLACES, st.floats(1e9, 4e9))
def test_any_text_is_a_period_or_refused(text: str, place: LocationSettings, start: float) -> None:
    with bounded(4):
        try:
            period = parse_period(text, place)
        except BadSchedule as error:
            assert len(str(error)) < 300
            return
        assert period.uses_sun is needs_location(text)
        active, until = period.state(start)
        assert until > start
        assert period.state(start) == (active, until)
