"""What the brokers say about a topic, asked by kafka-python's client for administrators."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from mqttcam.kafka import log as kafka_log
from mqttcam.kafka.garbage import collect_clients

log = logging.getLogger(__name__)

_LIMIT = "max.message.bytes"
T = TypeVar("T")


def topic_limit(parameters: dict[str, Any]) -> int | None:
    """Return the topic's `max.message.bytes`; None if the brokers do not say.

    Without acknowledgements, a message that is too large would be lost without an error.

    Args:
        parameters: those of SINETStream's writer.
    """

    def ask(client: Any) -> int:
        from kafka.admin import ConfigResource, ConfigResourceType

        resource = ConfigResource(ConfigResourceType.TOPIC, parameters["topic"], {_LIMIT: None})
        entries = [
            entry
            for answer in client.describe_configs([resource])
            for found in answer.resources
            for entry in found[4]
        ]
        return next(int(entry[1]) for entry in entries if entry[0] == _LIMIT)

    return _ask(parameters, ask)


def topic_error(parameters: dict[str, Any]) -> int | None:
    """Return the error code of a topic without metadata; None if there is no error, or no answer."""

    def ask(client: Any) -> int | None:
        (topic,) = client.describe_topics([parameters["topic"]])
        return int(topic["error_code"]) or None

    return _ask(parameters, ask)


def _ask(parameters: dict[str, Any], ask: Callable[[Any], T]) -> T | None:
    from kafka.admin import KafkaAdminClient
    from sinetstreamplugin.kafka import conv_tls

    given = {**conv_tls(parameters.get("tls")), **parameters["type_spec"]}
    spec = {name: value for name, value in given.items() if name in KafkaAdminClient.DEFAULT_CONFIG}
    try:
        client = KafkaAdminClient(**{**spec, "bootstrap_servers": parameters["brokers"]})
        try:
            return ask(client)
        finally:
            client.close()
            del client
    except Exception as error:  # noqa: BLE001 - not every user is allowed to ask
        log.debug("kafka: the topic %s: %r", parameters["topic"], error)
        return None
    finally:
        kafka_log.last_error()
        collect_clients()
