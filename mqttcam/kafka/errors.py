"""The errors of Kafka's brokers in words, the same whatever client reports them."""

from __future__ import annotations

_LEADER = "the topic {topic} has no leader now: is one of the brokers down?"
_REPLICAS = (
    "too few replicas of the topic {topic} are in sync (`min.insync.replicas`): is one of the brokers down?"
)
_AUTHENTICATION = (
    "authentication failed: check sasl_mechanism, sasl_plain_username and sasl_plain_password, and whether this port "
    "requires `tls`"
)
_TEXTS = {
    -1: "the broker refuses records for the topic {topic}; its log has the reason",
    2: "the broker has received a damaged record",
    3: "the topic {topic} does not exist",
    5: _LEADER,
    6: _LEADER,
    7: "the replicas of the topic {topic} do not confirm records in time",
    9: _LEADER,
    17: "the brokers do not accept {topic} as the name of a topic",
    19: _REPLICAS,
    20: _REPLICAS,
    21: "the brokers do not accept this value of `acks`",
    29: "no permission to write to the topic {topic}",
    31: "no permission for this client on the cluster (Kafka's permission IdempotentWrite for `enable_idempotence`)",
    32: "the topic {topic} does not accept records with this time (`message.timestamp.…`)",
    33: "the brokers do not offer this sasl_mechanism",
    34: _AUTHENTICATION,
    35: "the brokers' version of Kafka does not support this client",
    44: "a policy of the brokers refuses records for the topic {topic}",
    56: "the broker cannot write to its disk",
    58: _AUTHENTICATION,
    76: "the brokers do not support this compression_type",
    87: "the topic {topic} does not accept such records (with `cleanup.policy=compact` they need `key: true`)",
    89: "the brokers' quota for this client is used up",
}
"""By the error codes of Kafka's protocol."""


def broker_error(code: int, topic: str) -> str | None:
    """Return an error as a sentence for users; None if it is not one that a writer gets."""
    text = _TEXTS.get(code)
    return None if text is None else text.format(topic=topic)


def no_answer(where: str) -> str:
    """Return the problem of a destination that accepts connections and does not answer."""
    return f"no answer from {where}"
