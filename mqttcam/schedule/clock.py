"""Local times of day as Unix time, also on the days when the clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from datetime import time as time_of_day

DAY = 86400


def local_zone() -> tzinfo:
    """Return the time zone of this machine, from `TZ` or `/etc/localtime`."""
    from tzlocal import get_localzone

    return get_localzone()


def unix_time(day: date, second: int, zone: tzinfo) -> float:
    """Return the Unix time of a local time, in seconds.

    A time that the clocks skip is the moment at which they go forward. Of a time that comes twice, it is the first.

    Args:
        second: seconds on the clock after midnight of `day`; may be 24 hours or more.
    """
    days, second = divmod(second, DAY)
    local = datetime.combine(day, time_of_day(), zone) + timedelta(days=days, seconds=second)
    first, second_time = local.timestamp(), local.replace(fold=1).timestamp()
    return _change_of_clocks(second_time, first, zone) if second_time < first else first


def _change_of_clocks(low: float, high: float, zone: tzinfo) -> float:
    """Return the first whole second after `low` with the same offset from UTC as `high`."""
    after = datetime.fromtimestamp(high, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high
