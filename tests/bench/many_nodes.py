"""Measure many nodes on one mosquitto and one Home Assistant: at rest, and when either of these starts again.

usage: python -m tests.bench.many_nodes [--nodes 100] [--rest 180] [--down 0 20]

Each node is a process with one camera, a test pattern of 160x120 at 1 fps that publishes an image only at a connect and
at the birth message of Home Assistant. The processes are forked from one that has imported mqttcam (the "forkserver" of
multiprocessing), so that a hundred of them start within half a minute on two cores. They differ from other daemons only
in that they share memory. Traffic is what the kernel counts for the sockets of the nodes (`ss`), for `--rest` seconds;
as nodes publish their health once per minute, use whole minutes.

Prints a table. Needs mosquitto, root, ss (iproute2) and Home Assistant (`tests/home_assistant/setup.sh`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.bench.node_lab import DISCOVERY, LONGEST, Answer, Lab, answers, connects
from tests.home_assistant.harness import HomeAssistant
from tests.support.broker import Mosquitto
from tests.support.bursts import most_within
from tests.support.client import Client, Message

_SETTLE = 60.0
"""Seconds from the last start until the measurement at rest."""
_MINUTE = 60.0
_PAUSE = 30.0
"""Seconds before the broker is killed: delays would be longer after connections of less than a minute."""
_ANSWERS = 10.0
"""Seconds from the last answer to the birth message for which Home Assistant is observed."""


def spread(times: Iterable[float], since: float) -> str:
    """Return the first, the median and the last of some times, and the most of them within a second."""
    after = sorted(one - since for one in times)
    within = most_within(1, after)
    return f"{after[0]:.1f} / {statistics.median(after):.1f} / {after[-1]:.1f} s; {within} within a second"


def slowest(asked: list[Answer], since: float) -> str:
    """Return the longest time of an answer from some time on."""
    return f"{max(one.seconds for one in asked if one.at + one.seconds > since):.2f} s"


def at_rest(lab: Lab, seconds: float) -> None:
    """Measure traffic and processor time while nothing happens."""
    before, cpu, began = lab.traffic(), lab.cpu(), time.monotonic()
    time.sleep(seconds)
    after, cpu_after, took = lab.traffic(), lab.cpu(), time.monotonic() - began
    each = [now - then for now, then in zip(after, before, strict=True)]
    sent, received = (
        statistics.median(one.sent for one in each) / took,
        statistics.median(one.received for one in each) / took,
    )
    row("at rest: MQTT sent / received per node", f"{sent * 60:.0f} / {received * 60:.0f} bytes per minute")
    wire = statistics.median(one.on_the_wire for one in each) / took
    row("at rest: both with TCP and IP per node", f"{wire * 60:.0f} bytes per minute")
    cores = " / ".join(f"{(now - then) / took * 100:.1f}" for now, then in zip(cpu_after, cpu, strict=True))
    row("at rest: nodes / broker / Home Assistant", f"{cores} % of a core")


def home_assistant_restarts(lab: Lab) -> None:
    """Measure the start of Home Assistant, and how the nodes answer its birth message."""
    lab.ha.stop()
    since, before = lab.client.mark(), time.monotonic()
    with answers(lab.ha) as asked:
        lab.ha.start()
        row("Home Assistant starts again: it runs after", f"{time.monotonic() - before:.1f} s")
        row("all entities are available after", f"{lab.wait_available() - before:.1f} s")
        birth = lab.client.wait("homeassistant/status", lambda m: m.text == "online", LONGEST, since=since)
        topics = [f"homeassistant/device/mqttcam_{name}/config" for name in lab.names]
        first = [lab.client.wait(topic, None, LONGEST, since=birth.index).at for topic in topics]
        time.sleep(_ANSWERS)
    row("its birth message after", f"{birth.at - before:.1f} s")
    row("nodes answer it: first / median / last", spread(first, birth.at))
    row("its slowest answer from the birth message on", slowest(asked, birth.at))
    cpu = [one.cpu for one in asked if one.at > birth.at]
    row("its processor time from then on", f"{cpu[-1] - cpu[0]:.1f} s")
    row("discovery messages from then on", discovery(lab.client.messages[birth.index :]))
    row("nodes or cameras said to be offline", str(lab.offline(since)))
    row("entities available", f"{lab.available()} of {lab.entities}")


def discovery(messages: list[Message]) -> str:
    """Return how many of some messages are discovery, and their size."""
    sizes = [len(message.payload) for message in messages if message.topic.endswith("/config")]
    return f"{len(sizes)}, {sum(sizes) / 1e6:.1f} MB"


def broker_restarts(lab: Lab, down: float) -> None:
    """Measure how the nodes come back after the broker was killed, and has lost what it kept."""
    time.sleep(_PAUSE)
    with connects(lab.broker) as found, answers(lab.ha) as asked:
        since = lab.client.mark()
        with lab.client.reconnecting():
            lab.broker.kill()
            time.sleep(down)
            lab.broker.start()
            up = time.monotonic()
        available = lab.wait_available()
        time.sleep(max(0.0, up + _MINUTE - time.monotonic()))
        traffic = lab.traffic()
    ours = [(at, name) for at, name in found if name.startswith("mqttcam-")]
    nodes = [at for at, name in ours if not name.endswith("-pictures")]
    row(f"broker killed, down for {down:g} s: nodes connect, first / median / last", spread(nodes, up))
    row("their connections", f"{len(ours)}; {spread((at for at, _ in ours), up)}")
    row("all entities are available after", f"{available - up:.1f} s")
    row("slowest answer of Home Assistant", slowest(asked, up))
    row("discovery messages in the first minute", discovery(lab.client.messages[since:]))
    row("nodes or cameras said to be offline", str(lab.offline(since)))
    sent, received = (
        statistics.median(one.sent for one in traffic) / 1e3,
        statistics.median(one.received for one in traffic) / 1e3,
    )
    row("MQTT sent / received per node in the first minute", f"{sent:.1f} / {received:.1f} kB")


def row(what: str, how: str) -> None:
    """Print a row of the table."""
    print(f"| {what} | {how} |", flush=True)


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--rest", type=float, default=180)
    parser.add_argument("--down", type=float, nargs="*", default=[0, 20])
    options = parser.parse_args()
    # Before the modules are imported that `mqttcam run` sets them for.
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    row("measured", "result")
    row("---", "---")
    seen = ("homeassistant/status", DISCOVERY, "mqttcam/+/status", "mqttcam/+/+/availability")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name) / "broker") as broker,
        HomeAssistant(broker.port, environment={"HA_TEST_BIRTH_AFTER": "5"}) as ha,
        Client(broker, *seen) as client,
    ):
        row("Home Assistant starts without nodes", f"{time.monotonic() - began:.1f} s")
        lab = Lab(broker, ha, client, Path(name), options.nodes)
        try:
            began = time.monotonic()
            lab.start_nodes()
            row("nodes / entities", f"{options.nodes} / {lab.entities}")
            row("all entities are available after the first start", f"{time.monotonic() - began:.1f} s")
            time.sleep(_SETTLE)
            at_rest(lab, options.rest)
            home_assistant_restarts(lab)
            for down in options.down:
                broker_restarts(lab, down)
            complaints = lab.complaints()
        finally:
            lab.stop()
    row("warnings and errors in the logs", str(complaints.total()))
    for text, count in complaints.most_common():
        print(f"{count} x {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
