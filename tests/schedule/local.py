"""Local times for the tests of schedules."""

from __future__ import annotations

import math
from collections import namedtuple
from datetime import datetime
from zoneinfo import ZoneInfo

from mqttcam.schedule import Location, parse

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YORK = ZoneInfo("America/New_York")
OSLO = ZoneInfo("Europe/Oslo")

Place = namedtuple("Place", ["latitude", "longitude"])
IN_BERLIN = Place(52.52, 13.405)
IN_TROMSO = Place(69.6492, 18.9553)


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def shown(moment: float, zone: ZoneInfo = BERLIN) -> str:
    return "never" if moment == math.inf else datetime.fromtimestamp(moment, zone).strftime("%d %H:%M:%S %z")


def times(
    text: str, start: str, count: int, zone: ZoneInfo = BERLIN, location: Location | None = None
) -> list[str]:
    """The first times of a schedule after its first picture, in local time with the offset."""
    found = parse(text, location, zone).times
    begin = moment = at(start, zone)
    listed = []
    for _ in range(count):
        moment = found.after(moment, begin)
        listed.append(shown(moment, zone))
    return listed
