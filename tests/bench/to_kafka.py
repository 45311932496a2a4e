"""Measure the Kafka output against the bare client, in the same run: throughput and CPU per frame.

usage: python tests/bench/to_kafka.py [--rounds 3]

Prints a table of ratios for README. Needs Java and Maven. Machines are shared and noisy: medians of rounds taken in
turn, each contender in a process of its own. The bare clients send the same records in a loop, with key, headers and
envelope: kafka-python sends and waits, as SINETStream's writer does; Confluent's has as many messages on their way as
our writer has. SINETStream is its own writer, called in a loop: what it takes beyond kafka-python is not ours.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from mqttcam.kafka.envelope import pack

KEY = b"bench/cam"
HEADERS = [("content-type", b"image/jpeg"), ("node", b"bench"), ("camera", b"cam"), ("seq", b"1")]
COUNTS = {20_000: 4000, 100_000: 3000, 1_000_000: 200}
"""Messages of each size, in bytes."""
PAIRS = {"bridge": ("kafka-python", "sinetstream"), "bridge-confluent": ("confluent",)}
"""Ours, and what it is compared with."""
LIMIT = 8_388_620
WARM_UP = 30
PAUSE = 0.002
"""Seconds; longer than a message takes, so that waiting costs little, and shorter than twenty of them."""


def bare_kafka_python(address: str, topic: str, payload: bytes) -> Callable[[int], None]:
    producer = import_module("kafka").KafkaProducer(bootstrap_servers=address, acks=1, max_request_size=LIMIT)

    def send(count: int) -> None:
        for _ in range(count):
            producer.send(topic, pack(payload, time.time_ns() // 1000), KEY, HEADERS).get()

    return send


def bare_sinetstream(address: str, topic: str, payload: bytes) -> Callable[[int], None]:
    writer = import_module("sinetstream").MessageWriter(
        no_config=True,
        type="kafka",
        brokers=[address],
        topic=topic,
        consistency="AT_LEAST_ONCE",
        value_type="byte_array",
        type_spec={"max_request_size": LIMIT},
    )
    writer.open()

    def send(count: int) -> None:
        for _ in range(count):
            writer.publish(payload)

    return send


def bare_confluent(address: str, topic: str, payload: bytes) -> Callable[[int], None]:
    options = {"bootstrap.servers": address, "acks": 1, "message.max.bytes": LIMIT, "linger.ms": 0}
    producer = import_module("confluent_kafka").Producer(options)

    def send(count: int) -> None:
        for _ in range(count):
            producer.produce(topic, pack(payload, time.time_ns() // 1000), KEY, headers=HEADERS)
            while len(producer) >= 16:
                producer.poll(0.05)
        producer.flush()

    return send


def bridge(address: str, topic: str, payload: bytes, client: str) -> Callable[[int], None]:
    from mqttcam.camera.frame import Frame, PictureSpec
    from mqttcam.camera.hub import Hub
    from mqttcam.outputs.kafka.output import KafkaOutput
    from mqttcam.outputs.output import CameraFeed
    from mqttcam.run.malloc import configure_malloc
    from mqttcam.settings.kafka import KafkaSettings
    from tests.outputs.kafka.rig import OF_ALL

    configure_malloc()
    keys = {"brokers": address, "topic": topic, "client": client, "max_request_size": LIMIT}
    output = KafkaOutput(KafkaSettings.model_validate(keys), "bench", Path(tempfile.gettempdir()))
    hub = Hub()
    output.attach(CameraFeed("cam", OF_ALL, hub, PictureSpec, lambda: None))
    way = output.bridges["cam"]

    def send(count: int) -> None:
        end = way.counts.sent + count
        for _ in range(count):
            while len(way.queue) > 20:
                time.sleep(PAUSE)
            hub.publish(Frame(time.time_ns(), 640, 480, jpeg=payload))
        while way.counts.sent < end:
            time.sleep(PAUSE)

    return send


CONTENDERS: dict[str, Callable[[str, str, bytes], Callable[[int], None]]] = {
    "kafka-python": bare_kafka_python,
    "sinetstream": bare_sinetstream,
    "confluent": bare_confluent,
    "bridge": lambda address, topic, payload: bridge(address, topic, payload, "sinetstream"),
    "bridge-confluent": lambda address, topic, payload: bridge(address, topic, payload, "confluent"),
}


def child(name: str, address: str, topic: str, size: int) -> None:
    """Run one side; print messages per second and CPU milliseconds per message."""
    warnings.simplefilter("ignore")
    send = CONTENDERS[name](address, topic, bytes(size))
    send(WARM_UP)
    gc.collect()
    gc.freeze()
    count = COUNTS[size]
    started, cpu = time.perf_counter(), time.process_time()
    send(count)
    took, used = time.perf_counter() - started, time.process_time() - cpu
    sys.stdout.write(json.dumps({"rate": count / took, "cpu": used / count * 1000}))
    sys.stdout.flush()


def measure(broker: Any, name: str, size: int) -> dict[str, float]:
    from tests.outputs.kafka.rig import make_topic, topic_name

    topic = make_topic(broker, topic_name("bench"), max_message_bytes=str(LIMIT), file_delete_delay_ms="1000")
    command = [sys.executable, __file__, "--child", name, broker.address(), topic, str(size)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as the daemon has it
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    client = import_module("confluent_kafka.admin").AdminClient({"bootstrap.servers": broker.address()})
    client.delete_topics([topic])[topic].result(10)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=4)
    arguments = parser.parse_args()
    if arguments.child:
        name, address, topic, size = arguments.child
        child(name, address, topic, int(size))
        return
    from tests.support.kafka import KafkaBroker

    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, KafkaBroker(Path(folder)) as broker:
        for _ in range(arguments.rounds):
            for size in COUNTS:
                for name in CONTENDERS:
                    found.setdefault((name, size), []).append(measure(broker, name, size))
    table(found)


def table(found: dict[tuple[str, int], list[dict[str, float]]]) -> None:
    """Absolute numbers of the bare clients, ratios of ours."""

    def median(name: str, size: int, what: str) -> float:
        return statistics.median(run[what] for run in found[name, size])

    print("| | bytes | messages/s | of the bare client's | CPU ms a message | of the bare client's |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in COUNTS:
        for ours, bare in PAIRS.items():
            for name in (*bare, ours):
                rate, cpu = median(name, size, "rate"), median(name, size, "cpu")
                rates = " / ".join(f"{rate / median(other, size, 'rate'):.2f}" for other in bare)
                cpus = " / ".join(f"{cpu / median(other, size, 'cpu'):.2f}" for other in bare)
                print(f"| {name} | {size} | {rate:.0f} | {rates} | {cpu:.2f} | {cpus} |")


if __name__ == "__main__":
    main()
