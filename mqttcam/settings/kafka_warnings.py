"""Kafka settings that are valid, but hardly do what was intended."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import groupby

from mqttcam.settings.kafka import KafkaSettings, for_camera, given, pictures_kept_before
from mqttcam.settings.outputs import MAX_RATE
from mqttcam.settings.settings import Settings

KafkaWarning = tuple[tuple[str, ...], str]
"""The path of a key, and what its value means."""

_SINETSTREAM_CLIENT_ONLY = (
    "api_version", "api_version_auto_timeout_ms", "sasl_kerberos_domain_name",
)  # fmt: skip
"""The parameters that Confluent's client has no equal for, and does not work without."""


def kafka_warnings(settings: Settings) -> list[KafkaWarning]:
    """Return the warnings, each with the path of its key."""
    if settings.kafka is None:
        return []
    of_cameras = {
        camera_id: for_camera(settings.kafka, camera.kafka, settings.node, camera_id)
        for camera_id, camera in settings.cameras.items()
    }
    found: dict[tuple[str, str], list[str]] = {}
    for camera_id, kafka in of_cameras.items():
        for warning in (
            *_of_one(kafka),
            *_of_motion(kafka, settings.cameras[camera_id].frame_rate or math.inf),
        ):
            found.setdefault(warning, []).append(camera_id)
    warnings = [*_shared_topics(of_cameras), *_shared_event_topics(of_cameras)]
    for (key, text), cameras in found.items():
        everywhere = cameras == list(of_cameras)
        places = [("kafka",)] if everywhere else [("cameras", camera_id, "kafka") for camera_id in cameras]
        warnings += [((*place, key), text) for place in places]
    return warnings


def _shared_topics(of_cameras: Mapping[str, KafkaSettings]) -> Iterator[KafkaWarning]:
    def topic(camera_id: str) -> str:
        kafka = of_cameras[camera_id]
        return kafka.topic or f"of the configuration {kafka.config}"

    keyless = sorted(
        (one for one, kafka in of_cameras.items() if not kafka.key or kafka.type == "mqtt"), key=topic
    )
    for name, cameras in groupby(keyless, topic):
        if len(sharing := list(cameras)) > 1:
            remedy = "a topic with {camera}"
            if of_cameras[sharing[0]].type == "kafka":
                remedy = "`key: true`, or " + remedy
            yield (
                ("kafka", "key"),
                (
                    f"{', '.join(sharing)} share the topic {name} without a key: consumers cannot tell their "
                    f"frames apart by it; {remedy}"
                ),
            )


def _shared_event_topics(of_cameras: Mapping[str, KafkaSettings]) -> Iterator[KafkaWarning]:
    keyless = sorted(
        (one for one, kafka in of_cameras.items() if kafka.events and not (kafka.key or kafka.headers)),
        key=lambda one: str(of_cameras[one].events),
    )
    for name, cameras in groupby(keyless, lambda one: of_cameras[one].events):
        if len(sharing := list(cameras)) > 1:
            yield (
                ("kafka", "events"),
                (
                    f"{', '.join(sharing)} share the topic {name} without a key and headers: consumers cannot tell "
                    "which camera an event is from; set `key: true`, or use a topic with {camera}"
                ),
            )


def _of_one(kafka: KafkaSettings) -> Iterator[tuple[str, str]]:
    """Yield the warnings about the merged settings of one camera, each with its key."""
    if kafka.consistency == "EXACTLY_ONCE" and kafka.type == "kafka":
        yield (
            "consistency",
            (
                "EXACTLY_ONCE works as AT_LEAST_ONCE, as with SINETStream itself: after a lost connection a frame may "
                "arrive twice, with the same key and time"
            ),
        )
    if given(kafka, "acks") == 0 and kafka.consistency != "AT_MOST_ONCE":
        yield "acks", f"0: lost frames are not noticed, in spite of `consistency: {kafka.consistency}`"
    linger = given(kafka, "linger_ms") or 0
    if kafka.client == "sinetstream" and kafka.schedule is None and linger:
        fastest = math.floor(10_000 / linger) / 10
        if fastest < min(kafka.rate, MAX_RATE):
            yield (
                "linger_ms",
                (
                    f"each frame waits {linger} ms, so that at most {fastest:g} frames per second are sent; "
                    "`client: confluent` sends several at a time"
                ),
            )
    yield from _of_security(kafka)
    if kafka.spool is not None and kafka.schedule is None:
        yield "spool", "has no effect without a `schedule`"
    if kafka.client == "confluent":
        names = kafka.model_fields_set | kafka.type_spec.model_fields_set
        for name in _SINETSTREAM_CLIENT_ONLY:
            if name in names:
                yield name, "has no effect with `client: confluent`"


def _of_motion(kafka: KafkaSettings, frame_rate: float) -> Iterator[tuple[str, str]]:
    if kafka.before and not kafka.on_motion:
        yield "before", "has no effect without `on_motion: true`"
    kept, wanted = pictures_kept_before(kafka), kafka.before * min(kafka.rate, frame_rate)
    if kafka.on_motion and kafka.schedule is None and kept < wanted < math.inf:
        yield (
            "before",
            (
                f"{kafka.before:g} s are {wanted:.0f} pictures, of which the last {kept} are kept: half of "
                "`queue.frames`"
            ),
        )
    if kafka.events is not None and kafka.data_encryption:
        yield "events", "are sent as plain JSON, although there is data_encryption"


def _of_security(kafka: KafkaSettings) -> Iterator[tuple[str, str]]:
    mechanism, protocol = given(kafka, "sasl_mechanism"), given(kafka, "security_protocol")
    if protocol in ("PLAINTEXT", "SASL_PLAINTEXT") and (kafka.tls is not None or given(kafka, "ssl_cafile")):
        encrypted = protocol.replace("PLAINTEXT", "SSL")
        yield "security_protocol", f"{protocol} does not encrypt, although there is `tls`; {encrypted} does"
    if mechanism is not None and protocol in ("PLAINTEXT", "SSL"):
        login = "SASL_SSL" if protocol == "SSL" else "SASL_PLAINTEXT"
        yield "security_protocol", f"{protocol} has no login, although there is sasl_mechanism; {login} has"
    if mechanism is None and kafka.config is None and given(kafka, "sasl_plain_username"):
        yield "sasl_plain_username", "has no effect without sasl_mechanism"
