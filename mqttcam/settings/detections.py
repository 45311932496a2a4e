"""What is detected in a camera's pictures by others, and sent back."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from mqttcam.settings.field_types import Word
from mqttcam.settings.kafka_client import Brokers, KafkaConnection, KafkaTls, as_parameters
from mqttcam.settings.section import Section, bool_or_section, refuse

_MOST_LABELS = 32
"""Each has three entities."""
_LONGEST_LABEL = 40
"""Characters."""
_ENDS = ("", "_occupancy", "_image")
"""Of the keys of these, after `detections_<label>`."""
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


def label_key(label: str) -> str:
    """Return a label as a part of keys and topics: `traffic_light` for `Traffic light`; may be empty."""
    return _NOT_IN_KEYS.sub("_", label.lower()).strip("_")


def _label(text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_LABEL or not text.isprintable():
        raise refuse("is not a label", f"1 to {_LONGEST_LABEL} printable characters, such as person")
    if not label_key(text):
        raise refuse("has no letter (a to z) and no digit", "a label such as person or car 2")
    return text


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for label in labels:
        for end in _ENDS:
            if (other := seen.setdefault(label_key(label) + end, label)) is not label:
                raise refuse(f"has {other!r} and {label!r}, which would share a key", "different labels")
    return labels


Label = Annotated[str, AfterValidator(_label)]
Labels = Annotated[tuple[Label, ...], AfterValidator(_distinct)]


class DetectionsSettings(Section):
    """Detections of a camera, which an analytics job sends back over MQTT or Kafka."""

    labels: Labels = Field(
        min_length=1,
        max_length=_MOST_LABELS,
        description="The labels that are shown, such as [person, car]; all others are ignored.",
    )
    after: float = Field(
        30.0,
        ge=1,
        le=86400,
        description="Seconds without a message after which the detections are unavailable.",
    )


class DetectionsTopicSettings(KafkaConnection):
    """A Kafka topic with detections for cameras of this node, and kafka-python's parameters of the connection."""

    brokers: Brokers = Field(min_length=1, description="host:port, several separated by commas or as a list.")
    topic: Word = Field(description="The topic.")
    group_id: Word | None = Field(
        None, description="Consumer group; without it, every node receives every message."
    )
    tls: Annotated[KafkaTls | None, bool_or_section(KafkaTls)] = Field(
        None, description="true (trust the system's authorities), or a section with files."
    )

    def client_parameters(self, client_id: str) -> dict[str, object]:
        """Return the parameters of kafka-python's consumer."""
        parameters = {"client_id": client_id} | as_parameters(
            self, KafkaConnection, secure=self.tls is not None
        )
        if self.tls is not None:
            names = {"ca_certs": "ssl_cafile", "certfile": "ssl_certfile", "keyfile": "ssl_keyfile"}
            names |= {"ciphers": "ssl_ciphers", "check_hostname": "ssl_check_hostname"}
            parameters = {names[key]: value for key, value in self.tls.as_parameters().items()} | parameters
        if isinstance(version := parameters.get("api_version"), str):
            parameters["api_version"] = tuple(int(part) for part in version.split("."))
        return parameters | {"bootstrap_servers": list(self.brokers)}
