"""`status` stays right whatever others publish there, and says so if it seems that two daemons share a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.client import retained
from tests.support.rig import Launch, rig
from tests.support.waiting import wait_for


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
def test_a_late_will_is_corrected_and_logged_once(launch: Launch, protocol: int | str) -> None:
    rig = launch(mqtt={"protocol": protocol})
    status = rig.node.topic("status")
    for _ in range(3):
        since = rig.mark()
        rig.client.publish(status, "offline", retain=True)
        rig.node.wait_online(since=since)
    wait_for(lambda: retained(rig.broker, status)[status].text == "online", "the retained status")
    warning = f"Does another daemon use the node {rig.node.name}?"
    wait_for(lambda: warning in rig.daemon.log, "the warning")
    assert rig.daemon.log.count(warning) == 1
    assert (
        f"{status}: `offline`, the last will of an earlier connection or of another daemon;" in rig.daemon.log
    )


def test_the_will_of_another_daemon_of_the_same_node_is_corrected(launch: Launch, tmp_path: Path) -> None:
    """One of two is killed: the broker publishes its will, and the other is still there."""
    first = launch(node="twice")
    with rig(first.broker, tmp_path / "other", node="twice", mqtt={"client_id": "the-other"}) as second:
        wait_for(lambda: "connected to" in second.daemon.log, "the second daemon is connected")
        since = first.mark()
        second.daemon.kill()
        first.client.wait(first.node.topic("status"), lambda m: m.text == "offline", since=since)
        first.node.wait_online(since=since)
    wait_for(lambda: "Does another daemon use the node twice?" in first.daemon.log, "the warning")
