"""What readers get: SINETStream's own in both value types, and plain Kafka clients."""

from __future__ import annotations

import itertools
import time
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from sinetstream import MessageWriter
from sinetstream.marshal import Marshaller
from sinetstream.packet import Packet

from mqttcam.camera.frame import Frame
from mqttcam.kafka import envelope
from tests.camera.test_markings import MARKINGS, grey, hidden, photo, with_thumbnail
from tests.outputs.kafka.rig import FakeCapture, raw, read, running_bridge
from tests.support.kafka import PASSWORD, USER, KafkaBroker
from tests.support.left_out import leave_out
from tests.support.waiting import wait_for

CLIENTS = ["sinetstream", "confluent"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("consistency", ["AT_LEAST_ONCE", "AT_MOST_ONCE", "EXACTLY_ONCE"])
def test_every_frame(kafka: KafkaBroker, topic: str, client: str, consistency: str) -> None:
    """Every frame, in order, once, as it was captured, with the time of its capture."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture, client=client, consistency=consistency) as bridge:
        bridge.wait_connected()
        capture.publish(20)
        bridge.wait_settled()
        assert bridge.report | {"lag": 0} == {
            "enabled": True, "connected": True, "taken": 20, "left_out": 0, "sent": 20, "dropped": 0,
            "dropped_by": {}, "errors": 0, "waiting": 0, "lag": 0, "problem": None,
        }  # fmt: skip
    messages = read(kafka, topic, 20)
    assert [message.value for message in messages] == capture.jpegs
    assert all(0 <= a.timestamp_us <= b.timestamp_us for a, b in itertools.pairwise(messages))


def test_viewers(kafka: KafkaBroker, topic: str) -> None:
    """The reference's viewer asks for `image` and gets a decoded picture; another for bytes."""
    try:
        import_module("cv2")
    except ImportError as error:
        leave_out(f"SINETStream's images need libgl1 and libglib2.0-0: {error}")
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        capture.publish(5)
        bridge.wait_sent(5)
    images = [message.value for message in read(kafka, topic, 5, "image")]
    assert all(isinstance(image, np.ndarray) and image.shape == (48, 64, 3) for image in images)
    assert [message.value for message in read(kafka, topic, 5, "byte_array")] == capture.jpegs


@pytest.mark.parametrize("size", [1, 63, 64, 8191, 8192, 100_000, 1_000_000])
def test_envelope_is_the_librarys(size: int) -> None:
    """Our envelope is byte for byte what the library makes."""
    payload, stamp = bytes(size), 1_795_261_358_493_840
    assert envelope.pack(payload, stamp) == Packet.pack(Marshaller().marshal(payload, stamp), 0)
    assert len(envelope.pack(payload, stamp)) - size <= envelope.LONGEST


def test_envelope_golden() -> None:
    """The bytes themselves: marker, key version 0, Avro's marker and fingerprint, time, length, payload."""
    assert envelope.pack(b"\xff\xd8jpeg", 1_795_261_358_493_840) == bytes.fromhex(
        "df0300000000c3011f9c0c91eb33664fa0c2eab8fbb1b0060cffd86a706567"
    )


def test_both_clients_send_the_same(kafka: KafkaBroker, topic: str) -> None:
    """Byte for byte."""
    capture = FakeCapture(size=5000)
    with (
        running_bridge(kafka, topic, capture) as one,
        running_bridge(kafka, topic, capture, client="confluent") as other,
    ):
        capture.publish(30)
        one.wait_sent(30)
        other.wait_sent(30)
    found = raw(kafka, topic)
    assert len(found) == 60
    assert len(set(found)) == 30
    assert all(one.startswith(envelope.pack(b"", 0)[:16]) for one in found)


@pytest.mark.parametrize(
    "keys",
    [
        {"data_compression": True},
        {"data_compression": True, "compression": {"algorithm": "zstd", "level": 1}},
        {"data_encryption": True, "crypto": {"mode": "EAX", "password": "0815"}},
        {"data_encryption": True, "crypto": {"mode": "GCM", "key": "00112233445566778899aabbccddeeff"}},
        {
            "data_encryption": True,
            "crypto": {"mode": "CBC", "padding": "pkcs7", "key_length": 256, "password": "x"},
        },
        {"message_format": 2},
        {"user_data_only": True},
        {"compression_type": "gzip"},
    ],
    ids=lambda keys: "-".join(map(str, keys)),
)
def test_sinetstreams_options(kafka: KafkaBroker, topic: str, keys: dict[str, Any]) -> None:
    """A reader with the same options gets the frames."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture, **keys) as bridge:
        capture.publish(3)
        bridge.wait_sent(3)
    readers: dict[str, Any] = {key: value for key, value in keys.items() if key != "compression_type"}
    if "crypto" in readers:
        crypto = readers["crypto"] = {"algorithm": "AES", "padding": None, **readers["crypto"]}
        if "key" in crypto:
            crypto["key"] = bytes.fromhex(crypto["key"])
    assert [message.value for message in read(kafka, topic, 3, **readers)] == capture.jpegs


@pytest.mark.parametrize("client", CLIENTS)
class TestSecurity:
    """What only a real Kafka supports."""

    def test_tls(self, real_kafka: KafkaBroker, topic: str, client: str) -> None:
        capture = FakeCapture()
        tls = {"ca_certs": real_kafka.certificates.ca}
        with running_bridge(
            real_kafka, topic, capture, brokers=real_kafka.address("tls"), tls=tls, client=client
        ) as bridge:
            capture.publish(3)
            bridge.wait_sent(3)
        assert len(raw(real_kafka, topic)) == 3

    def test_tls_with_our_certificate(self, real_kafka: KafkaBroker, topic: str, client: str) -> None:
        """If the broker requires one, its absence is reported, and with it frames are sent."""
        files = real_kafka.certificates
        keys: dict[str, Any] = {"brokers": real_kafka.address("mutual"), "client": client}
        with running_bridge(real_kafka, topic, tls={"ca_certs": files.ca}, **keys) as bridge:
            bridge.capture.publish(1)
            wait_for(lambda: "certificate" in str(bridge.report["problem"]), "it is said")
            assert client != "sinetstream" or "tls.certfile" in str(bridge.report["problem"])
        own = {"ca_certs": files.ca, "certfile": files.client_cert, "keyfile": files.client_key}
        with running_bridge(real_kafka, topic, tls=own, **keys) as bridge:
            bridge.capture.publish(3)
            bridge.wait_sent(3)
        assert len(raw(real_kafka, topic)) == 3

    def test_tls_of_a_stranger(self, real_kafka: KafkaBroker, topic: str, client: str) -> None:
        """A broker whose certificate is not trusted gets nothing, and the reason is reported."""
        with running_bridge(
            real_kafka, topic, brokers=real_kafka.address("tls"), tls=True, client=client
        ) as bridge:
            bridge.capture.publish(3)
            bridge.wait_connected(False)
            report = bridge.report
            while report["problem"] is None:
                report = bridge.report
            assert "certificate" in str(report["problem"]).lower()
            assert report["sent"] == 0
        assert raw(real_kafka, topic) == []

    @pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
    def test_sasl(self, real_kafka: KafkaBroker, topic: str, client: str, mechanism: str) -> None:
        """With a password of digits."""
        capture = FakeCapture()
        login: dict[str, Any] = {
            "sasl_mechanism": mechanism,
            "sasl_plain_username": USER,
            "sasl_plain_password": PASSWORD,
        }
        with running_bridge(
            real_kafka, topic, capture, brokers=real_kafka.address("sasl"), client=client, **login
        ) as bridge:
            capture.publish(3)
            bridge.wait_sent(3)
        tls = {"ca_certs": real_kafka.certificates.ca}
        both = real_kafka.address("both")
        with running_bridge(
            real_kafka, topic, capture, brokers=both, tls=tls, client=client, type_spec=login
        ) as bridge:
            capture.publish(2)
            bridge.wait_sent(2)
        assert len(raw(real_kafka, topic)) == 5

    def test_wrong_password(self, real_kafka: KafkaBroker, topic: str, client: str) -> None:
        """It is reported without the password, and retried for ever."""
        login: dict[str, Any] = {
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": USER,
            "sasl_plain_password": "tell-nobody",
        }
        with running_bridge(
            real_kafka, topic, brokers=real_kafka.address("sasl"), client=client, **login
        ) as bridge:
            bridge.capture.publish(3)
            report = bridge.report
            while report["problem"] is None or report["errors"] < 2:
                report = bridge.report
            assert "authentication" in str(report["problem"]).lower()
            assert "tell-nobody" not in str(report)
            assert (report["sent"], report["waiting"]) == (0, 3)


def test_default_writer_is_the_librarys(kafka: KafkaBroker, topic: str) -> None:
    """What the library itself sends is what we send."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    (ours,) = read(kafka, topic, 1)
    spec = {"max_block_ms": 5000}
    parameters: dict[str, Any] = {
        "no_config": True,
        "type": "kafka",
        "brokers": kafka.address(),
        "type_spec": spec,
    }
    with MessageWriter(topic=topic, consistency="AT_LEAST_ONCE", **parameters) as writer:
        writer.publish(ours.value, timestamp=(ours.timestamp_us + 0.5) / 1e6)
    one, other = raw(kafka, topic)
    assert one == other


def test_what_a_privacy_mask_hides_is_not_in_the_messages(kafka: KafkaBroker, topic: str) -> None:
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        bridge.wait_connected()
        frame = Frame(time.time_ns(), 320, 240, jpeg=with_thumbnail(photo(), 1))
        frame.markings = MARKINGS
        capture.hub.publish(frame)
        (message,) = read(kafka, topic, 1)
    assert hidden(grey(message.value))
    assert message.value.count(b"\xff\xd8\xff") == 1
