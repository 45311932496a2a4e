"""Consumers in other languages and of other releases: what they make of the records of both clients."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from tests.outputs.kafka.consumers import installed, python_of
from tests.outputs.kafka.rig import FakeCapture, make_topic, read, records, running_bridge, topic_name
from tests.outputs.kafka.test_records import CLIENTS, Opened, captured, deliver
from tests.support.kafka import KafkaBroker, jars
from tests.support.left_out import leave_out

PROGRAMS = Path(__file__).parent / "programs"
PARTITIONS, CAMERAS = 6, 12


def start(*command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def lines_of(process: subprocess.Popen[str]) -> list[str]:
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out.splitlines()


def test_java_node_and_python_agree_on_partitions(real_kafka: KafkaBroker) -> None:
    """Each camera is in one partition with both clients: the one that their own producers choose for its key."""
    if shutil.which("javac") is None:
        leave_out("a JDK (the compiler of Java): not installed")
    modules = installed("KafkaJS", "kafkajs", "node_modules")
    topic = make_topic(real_kafka, topic_name("partitions"), partitions=PARTITIONS)
    for client in CLIENTS:
        with Opened(real_kafka, topic, client) as opened:
            for number in range(CAMERAS):
                opened.record.key = f"pi/cam{number}".encode()
                assert deliver(opened.writer, captured(0)) is None
    address, count = real_kafka.address(), str(CAMERAS * len(CLIENTS))
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    java = ("java", "-XX:TieredStopAtLevel=1", quiet, "-cp", f"{jars()}/*", str(PROGRAMS / "Partitions.java"))
    processes = [
        start(*java, address, topic, count),
        start("node", str(PROGRAMS / "partitions.js"), address, topic, count, NODE_PATH=str(modules)),
    ]
    in_java, in_node = map(lines_of, processes)
    murmur2 = import_module("kafka.partitioner.default").murmur2
    in_python = [
        f"{record.key().decode()} {record.partition()} {(murmur2(record.key()) & 0x7FFFFFFF) % PARTITIONS}"
        for record in records(real_kafka, topic, PARTITIONS)
    ]
    assert sorted(in_java) == sorted(in_node) == sorted(in_python)
    assert all(line.split()[1] == line.split()[2] for line in in_python)
    assert len(set(in_python)) == CAMERAS
    assert len({line.split()[1] for line in in_python}) > 2


@pytest.mark.parametrize("value_type", ["byte_array", "image"])
def test_sinetstream_before_the_present_release(kafka: KafkaBroker, value_type: str) -> None:
    """Its reader gets what the present one gets, of records with key, headers and the time of capture."""
    topic = make_topic(kafka, topic_name("older"))
    capture = FakeCapture(size=3000)
    for client in CLIENTS:
        with running_bridge(kafka, topic, capture, client=client) as bridge:
            capture.publish(2)
            bridge.wait_sent(2)
    program = str(PROGRAMS / "sinetstream_reader.py")
    python = python_of("SINETStream 1.9", "sinetstream")
    older = start(*python, program, kafka.address(), topic, "4", value_type)
    present = [
        f"{message.timestamp_us} {hashlib.sha256(bytes(message.value)).hexdigest()}"
        for message in read(kafka, topic, 4, value_type)
    ]
    assert lines_of(older) == [f"1.9.2 {line}" for line in present]
