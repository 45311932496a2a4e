"""A daemon reduced to its spool, for tests that kill it: spooler.py BROKERS TOPIC STATE FIRST.

Takes a frame each 20 ms, numbered from FIRST on, and prints the number of each one that is safe.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mqttcam.camera.frame import DEFAULT_QUALITY, PictureSpec
from mqttcam.outputs.kafka.output import KafkaOutput
from mqttcam.outputs.kafka.spool import SpoolQueue
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.settings.kafka import KafkaSettings
from tests.outputs.kafka.rig import OF_ALL, SPOOL, FakeCapture


def main(brokers: str, topic: str, state: str, first: str) -> None:
    settings = KafkaSettings.model_validate({"brokers": brokers, "topic": topic, **SPOOL})
    output = KafkaOutput(settings, "node", Path(state))
    capture = FakeCapture(fps=100, size=20_000, keep=False)
    capture.taken = int(first)
    output.attach(CameraFeed("cam", OF_ALL, capture.hub, lambda: PictureSpec(DEFAULT_QUALITY), lambda: None))
    queue = output.bridges["cam"].queue
    assert isinstance(queue, SpoolQueue)
    put, order, told = queue.put, [], 0

    def watched(frame: QueuedMessage) -> None:
        put(frame)
        order.append(frame.seq)

    queue.put = watched  # type: ignore[method-assign]
    with capture:
        while True:
            total = len(order)
            safe = total - len(queue._incoming)  # in this order: too few rather than too many
            for number in order[told:safe]:
                sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            told = max(told, safe)
            time.sleep(0.002)


if __name__ == "__main__":
    main(*sys.argv[1:])
