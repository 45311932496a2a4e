"""Problems as users see them: what, since when, the next try, and what has ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mqttcam.devices.errors import CommandError
from mqttcam.devices.health import Health
from mqttcam.devices.node import Node
from mqttcam.devices.problems import KEPT, Found, ProblemHistory

START = 1_800_000_000.0


class Clock:
    """A monotonic clock and that of the machine."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.ahead = START - self.monotonic

    def history(self) -> ProblemHistory:
        return ProblemHistory(lambda: self.monotonic, lambda: self.monotonic + self.ahead)


class Part:
    """A part of the daemon that waits for its next attempt."""

    def __init__(self, next_try: float | None = 1e9) -> None:
        self.next_try = next_try
        self.tries = 0

    def try_again(self) -> None:
        self.tries += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def kafka(camera: str, text: str = "no answer") -> Found:
    return Found(f"kafka-{camera}", "Kafka", text, camera, shared="kafka", next_try=130.0)


def test_a_problem_keeps_its_beginning_while_its_text_changes(clock: Clock) -> None:
    history = clock.history()
    history.update([Found("mqtt", "MQTT", "connection refused")])
    clock.monotonic += 60
    (problem,) = history.update([Found("mqtt", "MQTT", "no route; check the cable", next_try=172.0)])
    assert (problem.text, problem.hint) == ("no route", "Check the cable.")
    assert problem.since == "2027-01-15T08:00:00.000+00:00"
    assert problem.next_try == "2027-01-15T08:01:12.000+00:00"
    assert history.ended == []


def test_times_do_not_change_by_the_pace_of_the_clocks(clock: Clock) -> None:
    """Otherwise each update of the page would differ; a clock that was set corrects them."""
    history = clock.history()
    (first,) = history.update([Found("mqtt", "MQTT", "away")])
    clock.ahead += 0.4
    assert history.update([Found("mqtt", "MQTT", "away")]) == [first]
    clock.ahead += 3600
    (later,) = history.update([Found("mqtt", "MQTT", "away")])
    assert later.since == "2027-01-15T09:00:00.400+00:00"


def test_cameras_share_the_problem_of_an_output(clock: Clock) -> None:
    history = clock.history()
    problems = history.update([kafka("front"), kafka("shed"), kafka("gate", "too large")])
    assert [(one.id, one.cameras) for one in problems] == [
        ("kafka-front", ("front", "shed")),
        ("kafka-gate", ("gate",)),
    ]
    clock.monotonic += 10
    history.update([])
    assert [one.cameras for one in history.ended] == [("gate",), ("front", "shed")]


def test_a_shared_problem_that_ends_for_one_camera_after_the_other_has_ended_once(clock: Clock) -> None:
    history = clock.history()
    history.update([kafka("front")])
    clock.monotonic += 1
    history.update([kafka("front"), kafka("shed")])
    clock.monotonic += 10
    history.update([kafka("shed")])
    clock.monotonic += 2
    history.update([])
    (ended,) = history.ended
    assert (ended.cameras, ended.times) == (("front", "shed"), 1)
    assert (ended.since, ended.ended) == ("2027-01-15T08:00:00.000+00:00", "2027-01-15T08:00:13.000+00:00")
    clock.monotonic += 60
    history.update([kafka("shed")])
    history.update([])
    (ended,) = history.ended
    assert (ended.cameras, ended.times) == (("shed",), 2)


def test_an_ended_problem_is_listed_once_for_a_day(clock: Clock) -> None:
    history = clock.history()
    for _ in range(3):
        history.update([Found("camera-front", "Camera", "no frame; look")])
        clock.monotonic += 10
        history.update([])
        clock.monotonic += 10
    (ended,) = history.ended
    assert (ended.text, ended.times) == ("no frame", 3)
    assert (ended.since, ended.ended) == ("2027-01-15T08:00:40.000+00:00", "2027-01-15T08:00:50.000+00:00")
    clock.monotonic += KEPT
    assert history.ended == []


def test_few_ended_problems_are_kept(clock: Clock) -> None:
    history = clock.history()
    for number in range(200):
        history.update([Found(f"camera-{number}", "Camera", "no frame")])
    history.update([])
    assert len(history.ended) == 50
    assert history.ended[0].id == "camera-199"


def test_a_warning_leaves_no_trace(clock: Clock) -> None:
    history = clock.history()
    (warning,) = history.update([Found("configuration-0", "Configuration", "twice", level="warning")])
    assert warning.level == "warning"
    history.update([])
    assert history.ended == []


def node_with(**parts: Part) -> tuple[Node, Health]:
    node = Node("pi")
    for name, part in parts.items():
        node.add_check(_always, name, retrying=part)
    return node, Health(node, dict)


def _always() -> str:
    return "away"


def test_retry_ends_the_wait_of_one_or_of_all() -> None:
    one, two, busy = Part(), Part(), Part(next_try=None)
    node, health = node_with(mqtt=one, broker=two, disk=busy)
    assert [problem.can_retry for problem in health.trouble()] == [True, True, False]
    node.retry("mqtt")
    assert (one.tries, two.tries) == (1, 0)
    node.retry(None)
    assert (two.tries, busy.tries) == (1, 0)


def test_retry_is_limited_to_once_a_second() -> None:
    part = Part()
    node, _ = node_with(mqtt=part)
    for _ in range(100):
        node.retry("mqtt")
    assert part.tries == 1


def test_retry_of_what_is_no_problem_names_the_problems() -> None:
    node, _ = node_with(mqtt=Part())
    with pytest.raises(CommandError) as caught:
        node.retry("kafka")
    assert (caught.value.field, caught.value.allowed) == ("problem", ["mqtt"])


def test_parts_of_one_name_have_different_ids() -> None:
    node = Node("pi")
    reads: list[Callable[[], str | None]] = [lambda: "one", lambda: "two"]
    for read in reads:
        node.add_check(read, "MQTT")
    assert [problem.id for problem in Health(node, dict).trouble()] == ["mqtt", "mqtt-2"]
