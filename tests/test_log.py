"""The formats of the log, and its level."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import orjson
import pytest

from mqttcam.log import LEVELS, JsonFormatter, PlainFormatter, RepeatLimit, get_level, set_level, set_up


def record(
    message: str, *arguments: object, level: int = logging.INFO, broken: bool = False
) -> logging.LogRecord:
    info = None
    if broken:
        try:
            raise ValueError("Grüße \udcff\n2nd line")
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord("mqttcam.x", level, __file__, 1, message, arguments, info)


@pytest.fixture
def _kept() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("mqttcam")
    before = root.handlers, root.level, ours.level
    yield
    root.handlers = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_plain() -> None:
    line = PlainFormatter(colour=False).format(record("%s is %d", "it", 3, level=logging.WARNING))
    assert line.endswith(" WARNING mqttcam.x: it is 3")


def test_a_peer_cannot_forge_a_line_or_colours() -> None:
    line = PlainFormatter(colour=False).format(
        record("it gives %s", "a\n2026-01-01 INFO x: \x1b[2Jb\x85\u2028ü")
    )
    assert line.endswith(" mqttcam.x: it gives a\\n2026-01-01 INFO x: \\x1b[2Jb\\x85\\u2028ü")
    assert len(PlainFormatter(colour=False).format(record("x", broken=True)).splitlines()) > 3


def test_colour_only_by_level() -> None:
    assert PlainFormatter(colour=True).format(record("x", level=logging.ERROR)).startswith("\033[31m")
    assert "\033" not in PlainFormatter(colour=True).format(record("x"))


def test_json() -> None:
    entry = orjson.loads(JsonFormatter().format(record("%s is\n%d", "it", 3)))
    assert set(entry) == {"ts", "level", "logger", "message"}
    assert (entry["level"], entry["logger"], entry["message"]) == ("INFO", "mqttcam.x", "it is\n3")
    assert entry["ts"].endswith("+00:00")


def test_json_with_an_exception_is_one_line() -> None:
    line = JsonFormatter().format(record("it failed", broken=True))
    assert "\n" not in line
    exception = orjson.loads(line)["exception"]
    assert exception.startswith("Traceback")
    assert "ValueError: Grüße" in exception


def test_json_with_a_file_name_that_is_no_utf_8() -> None:
    assert (
        "\\udcff.jpg" in orjson.loads(JsonFormatter().format(record("no file %s", "\udcff.jpg")))["message"]
    )


@pytest.mark.usefixtures("_kept")
def test_set_up() -> None:
    out = io.StringIO()
    set_up("DEBUG", "json", out)
    logging.getLogger("mqttcam.x").debug("ours")
    logging.getLogger("other").info("theirs")
    logging.getLogger("other").warning("theirs, and it matters")
    messages = [orjson.loads(line)["message"] for line in out.getvalue().splitlines()]
    assert messages == ["ours", "theirs, and it matters"]


@pytest.mark.usefixtures("_kept")
def test_plain_lines_have_no_colour_in_a_file() -> None:
    out = io.StringIO()
    set_up("INFO", "text", out)
    logging.getLogger("mqttcam.x").error("bad")
    assert "\033" not in out.getvalue()


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize("level", LEVELS)
def test_level(level: str) -> None:
    set_level(level)
    assert get_level() == level


def test_a_flood_of_one_kind_is_left_out_and_counted() -> None:
    now = 0.0
    limit = RepeatLimit(3, 60, clock=lambda: now)
    flood = [record("peer %d sent nonsense", n, level=logging.WARNING) for n in range(10)]
    assert [one.getMessage() for one in flood if limit.filter(one)] == [
        "peer 0 sent nonsense",
        "peer 1 sent nonsense",
        "peer 2 sent nonsense (more like this are left out for 60 s)",
    ]
    now = 60.0
    after = record("peer %d sent nonsense", 11, level=logging.WARNING)
    assert limit.filter(after)
    assert after.getMessage() == "peer 11 sent nonsense (7 more like this were left out)"


def test_a_flood_hides_no_other_line_and_no_debug_line() -> None:
    limit = RepeatLimit(1, 60, clock=lambda: 0.0)
    assert limit.filter(record("x"))
    assert not limit.filter(record("x"))
    assert limit.filter(record("x", level=logging.DEBUG))
    other = record("y")
    other.lineno += 1
    assert limit.filter(other)


@pytest.mark.usefixtures("_kept")
def test_the_log_of_the_program_is_limited() -> None:
    out = io.StringIO()
    set_up("INFO", "text", out)
    for n in range(100):
        logging.getLogger("asyncio").error("%d", n)
    assert len(out.getvalue().splitlines()) == 30
