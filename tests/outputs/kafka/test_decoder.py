"""The decoder for consumers: real messages of both clients, the library's own, and whatever else may be in a topic."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinetstream.marshal import Marshaller
from sinetstream.packet import Packet

from mqttcam.kafka.envelope import InvalidMessage, Message, pack, unpack
from tests.outputs.kafka.rig import FakeCapture, raw, read, running_bridge
from tests.support.kafka import KafkaBroker
from tests.support.project import PROJECT

CLIENTS = ["sinetstream", "confluent"]
STAMP = 1_795_261_358_493_840
PAGE = PROJECT / "docs" / "kafka.md"


@pytest.mark.parametrize("client", CLIENTS)
def test_messages_of_both_clients(kafka: KafkaBroker, topic: str, client: str) -> None:
    """The payload and time that SINETStream's own reader gets."""
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, client=client) as bridge:
        capture.publish(10)
        bridge.wait_sent(10)
    values = raw(kafka, topic)
    found = [unpack(value) for value in values]
    assert found == [Message(message.value, message.timestamp_us) for message in read(kafka, topic, 10)]
    for value in values[:2]:
        for length in range(len(value)):
            with pytest.raises(InvalidMessage):
                unpack(value[:length])


@pytest.mark.parametrize(
    ("keys", "failure"),
    [
        ({"message_format": 2}, None),
        ({"user_data_only": True}, None),
        ({"data_compression": True}, None),
        ({"data_encryption": True, "crypto": {"mode": "GCM", "password": "x"}}, "encrypted"),
    ],
    ids=lambda keys: "-".join(keys or "") if isinstance(keys, dict) else "",
)
def test_sinetstreams_options(
    kafka: KafkaBroker, topic: str, keys: dict[str, Any], failure: str | None
) -> None:
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, **keys) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    (value,) = raw(kafka, topic)
    if failure is not None:
        with pytest.raises(InvalidMessage, match=failure):
            unpack(value)
        return
    message = unpack(value)
    payload = zlib.decompress(message.payload) if keys.get("data_compression") else message.payload
    assert payload == capture.jpegs[0]
    assert (message.timestamp_us is None) is ("user_data_only" in keys)


@given(st.binary(max_size=300), st.integers(-(2**63), 2**63 - 1))
def test_round_trip(payload: bytes, timestamp_us: int) -> None:
    """As the library writes it, for every time that fits."""
    packed = pack(payload, timestamp_us)
    assert unpack(packed) == Message(payload, timestamp_us)
    assert packed == Packet.pack(Marshaller().marshal(payload, timestamp_us), 0)


@given(
    st.binary(max_size=64),
    st.sampled_from([b"", pack(b"", STAMP)[:4], pack(b"", STAMP)[:6], pack(b"", STAMP)[:16]]),
)
def test_anything_else(rest: bytes, head: bytes) -> None:
    """Either a message or InvalidMessage."""
    try:
        assert isinstance(unpack(head + rest), Message)
    except InvalidMessage as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", "incomplete"),
        (b"hello", "not a message of SINETStream"),
        (b"\x89PNG\r\n\x1a\n", "not a message of SINETStream"),
        (pack(b"jpeg", STAMP)[:-1], "incomplete"),
        (pack(b"jpeg", STAMP) + b"x", "longer than its length says"),
        (b"\xdf\x03\x00\x00\x00\x01secret", "encrypted"),
        (pack(b"", STAMP)[:16] + b"\xff" * 12, "a number that is too long"),
    ],
)
def test_what_is_wrong(value: bytes, text: str) -> None:
    with pytest.raises(InvalidMessage, match=f"^{text}$"):
        unpack(value)


def test_the_example_of_the_page() -> None:
    """The bytes that docs/kafka.md takes apart are a message, and its table has all of them."""
    text = PAGE.read_text("utf-8").partition("## The message")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (\d+) \| `([0-9A-F ]+)` \|", text, re.MULTILINE)
    value = b"".join(bytes.fromhex(octets) for _offset, octets in table)
    offsets = [int(offset) for offset, _octets in table]
    lengths = [len(bytes.fromhex(octets)) for _offset, octets in table]
    assert offsets == [sum(lengths[:number]) for number in range(len(lengths))]
    message = unpack(value)
    assert str(message.timestamp_us) in text
    assert message.payload == b"\xff\xd8jpeg"


def consumer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "kafka_consumer.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)


def test_the_consumer_example(kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """It runs with a copy of the decoder beside it, and skips what is not a message."""
    from confluent_kafka import Producer

    capture = FakeCapture(size=3000)
    with (
        running_bridge(kafka, topic, capture, node="pi") as bridge,
        running_bridge(kafka, topic, capture, node="other", client="confluent") as other,
    ):
        capture.publish(2)
        bridge.wait_sent(2)
        other.wait_sent(2)
    producer = Producer({"bootstrap.servers": kafka.address()})
    producer.produce(topic, b"somebody else's")
    producer.flush(10)
    shutil.copy(PROJECT / "deploy" / "kafka_consumer.py", tmp_path)
    shutil.copy(PROJECT / "mqttcam" / "kafka" / "envelope.py", tmp_path)
    done = consumer(tmp_path, kafka.address(), topic, "--count", "5", "--save", "pictures")
    assert done.returncode == 0, done.stderr
    assert "skipped: not a message of SINETStream" in done.stderr
    lines = sorted(line.partition(": ")[2].split()[0] for line in done.stdout.splitlines())
    assert lines == ["other/cam", "other/cam", "pi/cam", "pi/cam"]
    for camera in ("pi_cam", "other_cam"):
        saved = [path.read_bytes() for path in sorted((tmp_path / "pictures" / camera).iterdir())]
        assert saved == capture.jpegs
