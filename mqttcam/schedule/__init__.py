"""Schedules: when a picture is due, at intervals or at times of day, and when something is active.

The grammar is that of NII's reference sender, with additions: weekdays, periods of the day, sunrise and sunset.
Times of day are local time. Which file for what:

- `parser`: from text to a `Schedule` or a `Period`; `grammar` has the words.
- `times`: intervals and times of day. cronsim computes the latter; it follows the rules of Debian's cron when daylight
  saving time begins or ends. `limited`: the same within a period.
- `period`: from when to when, and on which days. `sun`: sunrise and sunset, by astral. `clock`: local times.
- `ticker`: whether a frame is due.
"""

from mqttcam.schedule.clock import local_zone, unix_time
from mqttcam.schedule.grammar import GRAMMAR, MAX_SECONDS, MIN_SECONDS, PERIOD_GRAMMAR, BadSchedule
from mqttcam.schedule.parser import Schedule, needs_location, parse, parse_period
from mqttcam.schedule.period import Period
from mqttcam.schedule.sun import Location, polar_state
from mqttcam.schedule.ticker import Ticker

__all__ = [
    "GRAMMAR",
    "MAX_SECONDS",
    "MIN_SECONDS",
    "PERIOD_GRAMMAR",
    "BadSchedule",
    "Location",
    "Period",
    "Schedule",
    "Ticker",
    "local_zone",
    "needs_location",
    "parse",
    "parse_period",
    "polar_state",
    "unix_time",
]
