"""`SS_*`: SINETStream's parameters, and `SCHEDULE`."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka.producer.kafka import KafkaProducer
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from mqttcam.settings.kafka import KafkaSettings, check_consistent
from mqttcam.settings.loading.model_input import ModelInput
from tests.settings.nii_sender.cases import KAFKA, kafka, note_of, translated


def test_example() -> None:
    """The reference's own example for a high rate."""
    found = kafka(**KAFKA, SS_CONSISTENCY="AT_LEAST_ONCE", PICAMERA2_SIZE="QVGA")
    assert found.type == "kafka"
    assert found.brokers == ("kafka.example.org:9092",)
    assert found.topic == "sinetstream.image.camera"
    assert found.consistency == "AT_LEAST_ONCE"
    assert (found.fps, found.schedule) == ("max", None)


def test_brokers() -> None:
    assert kafka(SS_BROKERS="kafka1:9092, kafka2", SS_TOPIC="t").brokers == ("kafka1:9092", "kafka2")


def test_nested() -> None:
    found = kafka(
        **KAFKA,
        SS_TLS__CHECK_HOSTNAME="false",
        SS_DATA_ENCRYPTION="true",
        SS_CRYPTO__ALGORITHM="AES",
        SS_CRYPTO__MODE="EAX",
        SS_CRYPTO__KEY_DERIVATION__ITERATION="20000",
        SS_CRYPTO__PASSWORD__VALUE="0123",
        SS_COMPRESSION__ALGORITHM="zstd",
    )
    assert found.tls is not None
    assert not found.tls.check_hostname
    assert found.crypto is not None
    assert found.crypto.key_derivation.iteration == 20000
    assert found.crypto.password == SecretStr("0123")
    assert found.compression.algorithm == "zstd"


@pytest.mark.parametrize(("text", "there"), [("true", True), ("True", True), ("false", False)])
def test_tls_is_a_boolean(text: str, there: bool) -> None:
    assert (kafka(**KAFKA, SS_TLS=text).tls is not None) is there


def test_tls_with_more() -> None:
    """The reference fails if both are set."""
    found = kafka(**KAFKA, SS_TLS="true", SS_TLS__CIPHERS="ECDHE+AESGCM")
    assert found.tls is not None
    assert found.tls.ciphers == "ECDHE+AESGCM"


def test_sasl_stays_text() -> None:
    """Even a password of digits."""
    found = kafka(
        **KAFKA,
        SS_SECURITY_PROTOCOL="SASL_SSL",
        SS_SASL_MECHANISM="PLAIN",
        SS_SASL_PLAIN_USERNAME="007",
        SS_SASL_PLAIN_PASSWORD="0815",
    )
    assert found.sasl_plain_username == "007"
    assert found.sasl_plain_password == SecretStr("0815")


def test_numbers() -> None:
    assert kafka(**KAFKA, SS_MAX_REQUEST_SIZE="8388620").max_request_size == 8388620


def test_value_type() -> None:
    """The reference sends bytes regardless of it."""
    assert kafka(**KAFKA, SS_VALUE_TYPE="text").value_type == "byte_array"
    assert kafka(**KAFKA, SS_VALUE_TYPE__NAME="image").value_type == "byte_array"


@pytest.mark.parametrize("name", sorted(KafkaProducer.DEFAULT_CONFIG))
def test_the_clients_own(name: str) -> None:
    """Every number or text of kafka-python's producer that mqttcam does not set itself."""
    default = KafkaProducer.DEFAULT_CONFIG[name]
    if name in ("bootstrap_servers", "ssl_context") or not isinstance(default, int | str | None):
        return
    if default is None and name.endswith(("serializer", "provider")):
        return
    assert name in KafkaSettings.model_fields


def test_unknown_parameter() -> None:
    """The reference exits; mqttcam suggests the nearest one."""
    tree = translated(**KAFKA, SS_MAX_REQEST_SIZE="1").tree
    assert tree is not None
    node = tree.get("kafka")
    assert node is not None
    filler = ModelInput()
    filler.section(KafkaSettings, node, ("kafka",))
    assert "SS_MAX_REQEST_SIZE: unknown key (did you mean max_request_size?)" in str(filler.problems[0])


def test_another_broker_type() -> None:
    (problem,) = translated(**KAFKA, SS_TYPE="s3").problems
    assert str(problem) == (
        "environment: SS_TYPE: SINETStream over s3 is not supported, allowed: kafka or mqtt"
    )


def test_mqtt() -> None:
    """With the parameters of SINETStream's MQTT plugin."""
    found = kafka(
        SS_TYPE="mqtt",
        SS_BROKERS="broker.example.org:1883",
        SS_TOPIC="sinetstream/image/camera",
        SS_CONSISTENCY="EXACTLY_ONCE",
        SS_USERNAME_PW_SET__USERNAME="camera",
        SS_USERNAME_PW_SET__PASSWORD="0815",
        SS_PROTOCOL="MQTTv5",
        SS_RETAIN="true",
        SS_KEEPALIVE="30",
        SS_TRANSPORT="tcp",
        SS_CLEAN_SESSION="true",
        SS_MAX_INFLIGHT_MESSAGES_SET__INFLIGHT="20",
    )
    check_consistent(found)
    assert (found.type, found.topic) == ("mqtt", "sinetstream/image/camera")
    assert (found.protocol, found.retain, found.keepalive) == ("MQTTv5", True, 30)
    assert found.username_pw_set is not None
    assert found.username_pw_set.password == SecretStr("0815")


@pytest.mark.parametrize(("text", "checked"), [("true", False), ("False", True)])
def test_tls_of_the_mqtt_plugin(tmp_path: Path, text: str, checked: bool) -> None:
    (tmp_path / "ca.pem").write_text("")
    files = {"SS_TLS_SET__CA_CERTS": str(tmp_path / "ca.pem"), "SS_TLS_INSECURE_SET__VALUE": text}
    found = kafka(**KAFKA, SS_TYPE="mqtt", **files)
    assert found.tls is not None
    assert (found.tls.ca_certs, found.tls.check_hostname) == (tmp_path / "ca.pem", checked)


def test_websockets() -> None:
    (problem,) = translated(**KAFKA, SS_TYPE="mqtt", SS_TRANSPORT="websockets").problems
    assert str(problem) == ("environment: SS_TRANSPORT: MQTT over websockets is not supported, allowed: tcp")


def test_no_topic() -> None:
    for name, lacking in (("SS_BROKERS", "topic"), ("SS_TOPIC", "brokers")):
        with pytest.raises(PydanticCustomError, match=f"has no {lacking}") as error:
            check_consistent(kafka(**{name: "kafka"}))
        assert "SS_BROKERS and SS_TOPIC" in str(error.value.context)
    check_consistent(kafka(**KAFKA))


@pytest.mark.parametrize(
    "text",
    ["10", "every 3 seconds", "every minute at :23", "every day at 10:30", "every 2 day", "30s", "1.5"],
)
def test_schedule_taken(text: str) -> None:
    assert kafka(**KAFKA, SCHEDULE=text).schedule == text


@pytest.mark.parametrize("text", ["0", "00"])
def test_schedule_zero(text: str) -> None:
    """The reference checks once per second whether it is due."""
    assert kafka(**KAFKA, SCHEDULE=text).schedule == "1"
    assert note_of("SCHEDULE", **KAFKA, SCHEDULE=text).startswith("SCHEDULE: kafka.schedule: 1 (as the ref")


def test_schedule_bad_names_the_grammar() -> None:
    with pytest.raises(ValidationError) as error:
        kafka(**KAFKA, SCHEDULE="now and then")
    assert "every minute at :23" in str(error.value.errors()[0]["ctx"]["allowed"])


def test_schedule_none_is_every_frame() -> None:
    assert (kafka(**KAFKA).schedule, kafka(**KAFKA).fps) == (None, "max")


def test_schedule_without_kafka() -> None:
    assert "nothing is sent to Kafka" in note_of("SCHEDULE", SCHEDULE="10", PICAMERA2_SIZE="VGA")
