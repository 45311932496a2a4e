"""Count what becomes of frames when Kafka is killed and when it freezes, by consistency and client.

usage: python -m tests.bench.kafka_delivery [--seconds 6]

Prints the table of docs/kafka.md. Needs Java and Maven. Each run sends 50 frames per second of 20 kB; Kafka is killed
(SIGKILL) and started again, or stopped (SIGSTOP) for longer than the clients wait for an answer.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mqttcam.kafka.envelope import unpack
from tests.docs.markdown import table
from tests.outputs.kafka.rig import FakeCapture, RunningBridge, make_topic, raw, running_bridge, topic_name
from tests.support.kafka import KafkaBroker
from tests.support.waiting import wait_for

FPS, SIZE = 50, 20_000
ANSWER = 2000
"""Milliseconds that the clients wait for an answer; by default 30 seconds, which only makes the runs longer."""
QUEUE = {"frames": 5000, "bytes": 200_000_000}
"""Room for everything that is captured meanwhile."""
SETTINGS: dict[str, dict[str, Any]] = {
    "`AT_MOST_ONCE`, `sinetstream`": {"consistency": "AT_MOST_ONCE"},
    "`AT_MOST_ONCE`, `confluent`": {"consistency": "AT_MOST_ONCE", "client": "confluent"},
    "`AT_LEAST_ONCE`, `sinetstream`": {},
    "`AT_LEAST_ONCE`, `confluent`": {"client": "confluent"},
    "`AT_LEAST_ONCE`, `confluent`, `enable_idempotence`": {"client": "confluent", "enable_idempotence": True},
}


def killed(broker: KafkaBroker, seconds: float) -> None:
    broker.kill()
    time.sleep(seconds)
    broker.start()


def frozen(broker: KafkaBroker, seconds: float) -> None:
    broker.pause()
    time.sleep(seconds)
    broker.resume()


def counted(
    broker: KafkaBroker, keys: dict[str, Any], fault: Callable[[KafkaBroker, float], None], seconds: float
) -> list[str]:
    """Return the numbers of one run: captured, dropped and counted, lost unnoticed, twice in the topic."""
    topic = make_topic(broker, topic_name("delivery"))
    capture = FakeCapture(FPS, SIZE)
    common: dict[str, Any] = {"request_timeout_ms": ANSWER, "queue": QUEUE}
    with running_bridge(broker, topic, capture, **common, **keys) as bridge, capture:
        bridge.wait_sent(FPS)
        fault(broker, seconds)
        sent = bridge.sent
        bridge.wait_sent(sent + 2 * FPS)
        capture.__exit__(None, None, None)
        settle(bridge)
        report = bridge.report
    time.sleep(2)  # without acknowledgements, the last ones may still be on their way
    found = [unpack(value).payload for value in raw(broker, topic)]
    lost = report["sent"] - len(set(found))
    return [str(capture.taken), str(report["dropped"]), str(max(lost, 0)), str(len(found) - len(set(found)))]


def settle(bridge: RunningBridge) -> None:
    bridge.wait_settled()
    wait_for(lambda: not bridge.report["waiting"], "nothing waits")


def main() -> None:
    """Run all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long Kafka is away")
    seconds = parser.parse_args().seconds
    rows = []
    with tempfile.TemporaryDirectory() as folder, KafkaBroker(Path(folder)) as broker:
        for name, keys in SETTINGS.items():
            for fault in (killed, frozen):
                rows.append([name, fault.__name__, *counted(broker, keys, fault, seconds)])
                print(rows[-1], flush=True)
    print(table(["Settings", "Kafka", "Captured", "Dropped, counted", "Lost, not noticed", "Twice"], rows))


if __name__ == "__main__":
    main()
