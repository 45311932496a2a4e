"""Messages in Kafka topics, the texts of the Kafka client, and the answers of SINETStream's configuration server."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.sinetstream import SinetstreamReader
from mqttcam.kafka import envelope
from mqttcam.kafka import log as kafka_log
from mqttcam.kafka.compression import decompress
from mqttcam.outputs.kafka import server
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import WriterFailed
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.sources.sinetstream import SinetstreamSource
from tests.camera.sources.remote_rig import settings_of
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import JSON, mutated
from tests.fuzz.profile import fuzz
from tests.support.pictures import jpeg

_PICTURE = jpeg(32, 24)
_WORDS = [b"\xdf\x03\x00\x00", b"\xc3\x01", b"\xff" * 10, b"\0\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]


def unpacked(data: bytes) -> tuple[int, bytes]:
    """Read an envelope with SINETStream's own reader; return the timestamp and the payload."""
    from sinetstream.marshal import Unmarshaller
    from sinetstream.packet import Packet

    _key, rest = Packet.unpack(data)
    stamp, payload = Unmarshaller().unmarshal(rest)
    return int(stamp), bytes(payload)


@fuzz
@given(st.binary(max_size=200), st.integers(0, 2**62))
def test_an_envelope_says_what_was_put_in(payload: bytes, stamp: int) -> None:
    data = envelope.pack(payload, stamp)
    assert len(data) <= len(payload) + envelope.LONGEST
    assert unpacked(data) == (stamp, payload)


@fuzz
@given(st.binary(max_size=200), st.integers(-(2**62), 2**62), mutated([b"", b"\0", _PICTURE], _WORDS))
def test_any_value_is_unpacked_or_refused(payload: bytes, stamp: int, value: bytes) -> None:
    packed = envelope.pack(payload, stamp)
    assert envelope.unpack(packed) == envelope.Message(payload, stamp)
    for data in (value, packed[: len(value)], packed + value[:1], packed[:20] + value):
        with bounded():
            try:
                found = envelope.unpack(data)
            except envelope.InvalidMessage as error:
                assert str(error)
            else:
                assert len(found.payload) <= len(data)


@fuzz
@given(
    mutated([zlib.compress(_PICTURE), zlib.compress(bytes(5_000_000))], _WORDS),
    st.sampled_from(["gzip", "zstd"]),
)
def test_any_compressed_data_is_bounded(data: bytes, algorithm: str) -> None:
    with bounded():
        try:
            found = decompress(data, algorithm, 100_000)
        except ValueError:
            return
    assert len(found) <= 100_000


@fuzz
@given(st.text(max_size=80) | mutated([b"<BrokerConnection host=x:1 .*]> returned error 111"]).map(str))
def test_any_text_of_the_client(text: str) -> None:
    with bounded():
        found = kafka_log.explain(text)
    assert found is None or found


_VALUES = st.none() | mutated(
    [_PICTURE, envelope.pack(_PICTURE, 1), b"\x89PNG\r\n\x1a\n" + bytes(30), b"{}"], _WORDS
)


@fuzz
@given(st.lists(st.tuples(_VALUES, st.none() | st.integers(-1, 2**62)), max_size=4), st.booleans())
def test_any_message_is_a_picture_or_left_out(
    messages: list[tuple[Any, int | None]], user_data_only: bool
) -> None:
    """As SINETStream's own reader decodes it, and as it is where that fails."""
    from sinetstream import MessageReader

    source = SinetstreamSource.model_validate(
        {"brokers": "127.0.0.1:9", "topic": "t", "user_data_only": user_data_only}
    )
    reader = SinetstreamReader(settings_of(source), None)  # type: ignore[arg-type]
    reader._reader = MessageReader(no_config=True, **reader._parameters())
    records = [
        SimpleNamespace(value=value, timestamp=stamp, topic="t", partition=0, offset=offset)
        for offset, (value, stamp) in enumerate([*messages, (_PICTURE, 1)])
    ]
    reader._records = iter([(record.value, "t", record) for record in records])
    found = []
    with bounded():
        for _ in range(len(messages) + 1):
            try:
                found.append(reader.read(0.1))
            except SourceError:
                pytest.fail("one message must not end the source")
    assert found[-1] is not None
    assert found[-1].jpeg == _PICTURE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home, and a state folder, without the configuration server's files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield tmp_path_factory.mktemp("state")
    server._last.clear()


_SERVER = st.fixed_dictionaries(
    {"brokers": st.just("kafka:9092") | JSON, "topic": st.just("t") | JSON},
    optional={
        "type": st.just("kafka") | JSON,
        "type_spec": st.dictionaries(st.text(max_size=5), st.binary(max_size=5) | JSON, max_size=3) | JSON,
        "tls": JSON,
        "consistency": JSON,
    },
)


@fuzz
@given(_SERVER)
def test_any_answer_of_the_configuration_server(folder: Path, parameters: dict[str, Any]) -> None:
    """The server cannot be reached here, so that its last answer is used; the real way: tests/outputs/kafka."""
    settings = KafkaSettings.model_validate({"config": "cameras"})
    server._last["cameras", None] = parameters
    with bounded():
        try:
            found = server.fetch(settings, "me", folder, OutputTiming())
        except WriterFailed as error:
            assert str(error).isprintable()
            return
    assert found["brokers"]
    assert found["topic"]
    assert isinstance(found["type_spec"], dict)
