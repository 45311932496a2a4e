"""Frames to Kafka through SINETStream: the parameters of its writer by their own names, and which frames to send.

The top-level `kafka` is for all cameras; `cameras.<id>.kafka` has the differences of one camera.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from mqttcam.settings.field_types import Word
from mqttcam.settings.kafka_client import LARGEST_REQUEST, KafkaClient, SinetstreamSettings
from mqttcam.settings.outputs import OutputSettings
from mqttcam.settings.section import AnyCase, Section, bool_or_section, refuse
from mqttcam.settings.sinetstream_mqtt import SinetstreamMqtt

_TOPIC_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")
_LONGEST_TOPIC = 249


def _topic(text: str) -> str:
    plain = text.replace("{camera}", "c").replace("{node}", "n")
    if len(plain) > _LONGEST_TOPIC or plain in {".", ".."} or not set(plain) <= _TOPIC_CHARACTERS:
        raise refuse(
            "is not a topic", "letters, digits, . _ - and {camera}, {node} (with MQTT also /); at most 249"
        )
    return text


def _auth(secret: SecretStr) -> SecretStr:
    try:
        server = json.loads(secret.get_secret_value())["config-server"]
        there = all(isinstance(server[key], str) for key in ("address", "user", "secret-key"))
    except (ValueError, KeyError, TypeError):
        there = False
    if not there:
        raise refuse(
            "is not an auth.json", "JSON with config-server and in it address, user and secret-key"
        ) from None
    return secret


KafkaTopic = Annotated[str, AfterValidator(_topic)]


class KafkaQueue(Section):
    """The frames of a camera that wait for Kafka. When a limit is reached, the oldest are dropped."""

    frames: int = Field(300, ge=1, le=100_000, description="Maximum number of frames.")
    bytes: int = Field(32_000_000, ge=100_000, le=LARGEST_REQUEST, description="Maximum memory in bytes.")
    age: float | None = Field(
        None,
        ge=0.1,
        le=86_400,
        description="Maximum age in seconds; default: 60, or unlimited for frames on a schedule.",
    )


class KafkaSpool(Section):
    """Frames on a schedule are kept on disk until Kafka has them: a power cut loses none but may repeat some."""

    max_bytes: int = Field(
        256_000_000,
        ge=1_000_000,
        le=1 << 40,
        description="Bytes on disk; the oldest frames are dropped.",
    )


class KafkaSettings(OutputSettings, SinetstreamSettings, SinetstreamMqtt, KafkaClient):
    """Frames to Kafka, as messages that SINETStream's readers expect: of all cameras, or the differences of one."""

    type: Annotated[Literal["kafka", "mqtt"], AnyCase()] = Field(
        "kafka",
        description="SINETStream's broker type; mqtt: the same messages to a topic of an MQTT broker.",
    )
    config: Word | None = Field(
        None, description="Name of the configuration on SINETStream's configuration server."
    )
    service: Word | None = Field(None, description="The service in that configuration, if it has several.")
    auth: Annotated[SecretStr, AfterValidator(_auth)] | None = Field(
        None, description="The text of `auth.json`, for the configuration server."
    )
    private_key: SecretStr | None = Field(
        None, description="Private key that decrypts the configuration server's secrets (PEM)."
    )
    https_proxy: SecretStr | None = Field(None, description="Proxy to the configuration server.")
    topic: KafkaTopic | None = Field(None, description="May contain {camera} and {node}.")
    before: float = Field(
        0,
        ge=0,
        le=60,
        description="With `on_motion`: also send the pictures of this many seconds before the motion; at most half of "
        "`queue`. Pictures are then encoded all the time.",
    )
    events: KafkaTopic | None = Field(
        None,
        description="A topic for the camera's events, as JSON without an envelope; may contain {camera} and {node}.",
    )
    consistency: Annotated[Literal["AT_MOST_ONCE", "AT_LEAST_ONCE", "EXACTLY_ONCE"], AnyCase()] = Field(
        "AT_LEAST_ONCE",
        description="AT_LEAST_ONCE, AT_MOST_ONCE (no acknowledgement: losses are not noticed), "
        "or EXACTLY_ONCE (SINETStream treats it as AT_LEAST_ONCE).",
    )
    value_type: Annotated[Literal["byte_array", "image"], AnyCase()] = Field(
        "byte_array", description="Both send the JPEG's bytes and suit readers of either type."
    )
    type_spec: KafkaClient = Field(
        default_factory=KafkaClient,
        description="The Kafka client's parameters, as in version 3 of SINETStream's configuration file.",
    )
    key: bool | None = Field(
        True,
        description="Records have the key <node>/<camera>, which keeps a camera's frames in one partition; "
        "false or null: no key, as with NII's senders.",
    )
    headers: bool = Field(
        True, description="Records have the headers content-type, node, camera and seq; false: none."
    )
    oversize: Annotated[Literal["fit", "refuse"], AnyCase()] = Field(
        "fit", description="fit: reduce a picture over the size limit; refuse: do not send it."
    )
    queue: KafkaQueue = Field(
        default_factory=KafkaQueue, description="The frames that wait while Kafka is slow or unavailable."
    )
    spool: Annotated[KafkaSpool | None, bool_or_section(KafkaSpool)] = Field(
        None, validate_default=True, description="true, or a section: keep frames on a schedule on disk."
    )
    client: Annotated[Literal["sinetstream", "confluent"], AnyCase()] = Field(
        "sinetstream",
        description="confluent: a faster client for the same messages, without encryption.",
    )


def pictures_kept_before(kafka: KafkaSettings) -> int:
    """Return how many pictures from before motion are kept at most."""
    return max(1, kafka.queue.frames // 2)


_MAX_IN_FLIGHT = 5
"""Requests that Kafka can put in order again."""
_SINETSTREAM_ONLY = ("config", "data_compression", "data_encryption", "message_format", "user_data_only")


def check_consistent(kafka: KafkaSettings) -> None:
    """Check that the settings of a camera, merged with the top-level ones, are consistent.

    Raises:
        PydanticCustomError: They are not.
    """
    missing = [name for name in ("brokers", "topic") if not getattr(kafka, name)]
    if missing and kafka.config is None:
        raise refuse(f"has no {missing[0]}", "at least brokers and topic (SS_BROKERS and SS_TOPIC)")
    if kafka.type == "kafka" and "/" in f"{kafka.topic}{kafka.events}":
        raise refuse(
            "has a topic with /, which Kafka does not allow", "letters, digits, . _ -; or `type: mqtt`"
        )
    if kafka.events is not None and kafka.events == kafka.topic:
        raise refuse("has one topic for frames and events", "a topic of its own for `events`")
    if kafka.type == "mqtt":
        _check_mqtt(kafka)
    if kafka.data_encryption and kafka.crypto is None:
        raise refuse("has data_encryption but no crypto", "`crypto: {mode: GCM, password: …}`")
    _check_idempotence(kafka)
    if kafka.config is None:
        _check_login(kafka)
    special = [name for name in _SINETSTREAM_ONLY if getattr(kafka, name) not in (None, False, 3)]
    if kafka.client == "confluent" and special:
        raise refuse(
            f"has `client: confluent`, which cannot do {', '.join(special)}", "`client: sinetstream`"
        )


def _check_mqtt(kafka: KafkaSettings) -> None:
    if special := [name for name in _SINETSTREAM_ONLY if getattr(kafka, name) not in (None, False, 3)]:
        raise refuse(f"has `type: mqtt`, with which mqttcam has no {', '.join(special)}", "`type: kafka`")
    if kafka.events is not None:
        raise refuse("has `type: mqtt`, which cannot send events", "`type: kafka`")
    if len(kafka.brokers) > 1:
        raise refuse("has several brokers, and `type: mqtt`", "one broker, as with SINETStream")
    if not all((kafka.topic or "/").split("/")):
        raise refuse("has a topic with an empty level", "words separated by single /")


def given(kafka: KafkaSettings, name: str) -> Any:
    """Return a parameter of the Kafka client, which `type_spec` may have instead."""
    value = getattr(kafka.type_spec, name)
    return getattr(kafka, name) if value is None else value


def _check_idempotence(kafka: KafkaSettings) -> None:
    if not given(kafka, "enable_idempotence"):
        return
    if kafka.client != "confluent":
        raise refuse("has enable_idempotence, which SINETStream's client cannot do", "`client: confluent`")
    acks = given(kafka, "acks")
    if acks not in (None, "all") or kafka.consistency == "AT_MOST_ONCE":
        raise refuse("has enable_idempotence, which needs an acknowledgement of all replicas", "`acks: all`")
    if (given(kafka, "max_in_flight_requests_per_connection") or 1) > _MAX_IN_FLIGHT:
        raise refuse(
            "has enable_idempotence together with a larger max_in_flight_requests_per_connection",
            f"at most {_MAX_IN_FLIGHT}",
        )
    if given(kafka, "retries") == 0:
        raise refuse("has enable_idempotence together with `retries: 0`", "1 or more")


def _check_login(kafka: KafkaSettings) -> None:
    mechanism, protocol = given(kafka, "sasl_mechanism"), given(kafka, "security_protocol")
    if protocol in ("PLAINTEXT", "SSL") or (mechanism is None and protocol is None):
        return
    if mechanism is None:
        raise refuse(f"has security_protocol {protocol} but no sasl_mechanism", "`sasl_mechanism: PLAIN`")
    missing = [name for name in ("sasl_plain_username", "sasl_plain_password") if not given(kafka, name)]
    if missing and mechanism != "GSSAPI":
        raise refuse(f"has sasl_mechanism {mechanism} but no {missing[0]}", "a user name and a password")


def _changes(under: Section, over: Section) -> dict[str, Any]:
    """Return the values set in `over`; those of a section in both are merged key by key."""
    found = {}
    for name in over.model_fields_set:
        below, above = getattr(under, name), getattr(over, name)
        # `tls: true` sets no keys: it is the section with its defaults, whatever `under` has.
        inner = isinstance(below, Section) and isinstance(above, Section) and above.model_fields_set
        found[name] = below.model_copy(update=_changes(below, above)) if inner else above
    return found


def for_camera(common: KafkaSettings, own: KafkaSettings | None, node: str, camera_id: str) -> KafkaSettings:
    """Return the settings of a camera: `common` overridden by `own`, with the topic filled in."""
    changes = _changes(common, own) if own is not None else {}
    if "schedule" in changes and "fps" not in changes:
        changes["fps"] = "max"
    elif "fps" in changes and "schedule" not in changes:
        changes["schedule"] = None
    topics = {
        "topic": changes.get("topic") or common.topic,
        "events": changes.get("events", common.events),
    }
    for name, topic in topics.items():
        if topic is not None:
            changes[name] = topic.replace("{camera}", camera_id).replace("{node}", node)
    return common.model_copy(update=changes)
