"""Where frames go besides MQTT and the page."""

from __future__ import annotations

from mqttcam.devices.hints.hint import Hint

KAFKA = (
    Hint(
        ("no address found for the broker …",),
        "Kafka gives this name to its clients (`advertised.listeners`). DNS, `/etc/hosts` or Docker's `extra_hosts` has"
        " to know it.",
    ),
    Hint(
        ("no answer from …",),
        "Kafka accepts connections but does not answer: it is frozen or overloaded, or this is not a port of Kafka."
        " mqttcam waits, and sends again afterwards.",
    ),
    Hint(
        ("too few replicas of the topic …",),
        "A broker of the cluster is down, and the topic needs its copy (`min.insync.replicas`).",
    ),
    Hint(
        ("the topic … does not exist", "no permission to write to the topic …"),
        "Create the topic, or allow the user to write to it. Waiting messages are sent afterwards.",
    ),
    Hint(
        ("authentication failed",),
        "Check `sasl_mechanism`, `sasl_plain_username`, `sasl_plain_password` and `tls`.",
    ),
    Hint(
        ("does this port require TLS …",),
        "The broker closes the connection without giving a reason. The port probably needs `tls` or a login.",
    ),
    Hint(
        ("no connection to …",),
        "Nothing listens at this address. Start Kafka, or correct the addresses in `brokers`. Pictures are sent again"
        " as soon as it is back.",
    ),
    Hint(
        ("pip install 'mqttcam[…]'", "needs a package that is not installed"),
        "Install this extra into the environment of mqttcam, with its own pip (`/opt/mqttcam/bin/pip`), then restart"
        " mqttcam.",
    ),
    Hint(
        ("the broker requires a client certificate",),
        "Set `tls.certfile` and `tls.keyfile` to a certificate that Kafka trusts.",
    ),
    Hint(
        ("no permission for this client on the cluster",),
        "Allow the user IdempotentWrite on the cluster, or set `enable_idempotence: false`.",
    ),
    Hint(
        (
            "the brokers do not accept … as the name of a topic",
            "the brokers do not accept this value of `acks`",
            "the brokers do not offer this sasl_mechanism",
            "the brokers do not support this compression_type",
            "the brokers' version of Kafka does not support this client",
        ),
        "Kafka does not offer what is configured. Change this setting to what your Kafka supports.",
    ),
    Hint(
        ("the topic … does not accept …", "a policy of the brokers refuses records for the topic …"),
        "The settings of the topic in Kafka exclude these records. Change them there, or use another topic.",
    ),
    Hint(
        (
            "the broker cannot write to its disk",
            "the replicas of the topic … do not confirm records in time",
            "the brokers' quota for this client is used up",
            "the broker has received a damaged record",
        ),
        "Kafka itself has a problem: see its log, and check its disk. Pictures are sent again as soon as it accepts"
        " them.",
    ),
    Hint(
        (
            "the configuration server …",
            "on the configuration server",
            "is not an auth.json",
            "does not accept auth.json",
            "cannot be read as an RSA key",
        ),
        "Check the address, `auth` and `config` of the configuration server.",
    ),
)
"""Kafka, as an output or a source."""

TCP = (
    Hint(
        (
            "no connection to …",
            "the listener has closed the connection",
            "Connection reset by peer",
            "Broken pipe",
        ),
        "No program receives at this address. Start the receiver, or correct the address in `tcp`; mqttcam connects as"
        " soon as it listens.",
    ),
)
"""Receivers of the output `tcp`."""
