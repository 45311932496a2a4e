"""The connection to the broker."""

from __future__ import annotations

from mqttcam.devices.hints.hint import Hint

BROKER = (
    Hint(
        (
            "mqtt.username or mqtt.password is wrong",
            "the broker does not accept mqtt.username and mqtt.password",
        ),
        "The broker refuses the login. Correct it on either side; mqttcam tries again every minute.",
    ),
    Hint(
        ("is the broker running, and is mqtt.port right?",),
        "Nothing listens on `mqtt.host` and `mqtt.port`. Start the broker, or correct them.",
    ),
    Hint(
        ("is mqtt.host right?",),
        "No machine has the name in `mqtt.host`. Correct it, or use the address of the broker.",
    ),
    Hint(
        ("another client has connected as …",),
        "Two daemons have the same `node` or `mqtt.client_id`. Give each its own.",
    ),
    Hint(
        ("does not speak TLS on this port",),
        "The port is the one without TLS (1883). Use 8883, or remove `mqtt.tls`.",
    ),
    Hint(
        ("the certificate of … is not trusted",),
        "`mqtt.tls.ca_file` has to be the certificate of the authority that signed the broker's, and `mqtt.host` the"
        " name in it.",
    ),
    Hint(
        ("the broker does not support MQTT 5; using 3.1.1",),
        "The broker is old. Nothing needs to be done; `mqtt.protocol: 3.1.1` saves the first attempt.",
    ),
    Hint(
        ("also announced by another node; rename the node or the camera on one of them",),
        "Two machines use the same names. Change `node` on one of them.",
    ),
    Hint(
        ("the broker does not accept mqtt.client_id",),
        "The broker allows certain client ids only. Set one of them as `mqtt.client_id`.",
    ),
    Hint(
        ("the broker has banned this client",),
        "The broker has banned this machine, usually after wrong logins. Correct them, and remove the ban on the"
        " broker.",
    ),
    Hint(
        ("timed out", "No route to host", "Network is unreachable", "Connection timed out"),
        "The broker's machine does not answer. Check that it is running, that this machine can reach its network, and"
        " that no firewall is between them.",
    ),
    Hint(
        ("is not a valid host",),
        "Correct `mqtt.host`: the name or the IP address of the broker, without `mqtt://`.",
    ),
    Hint(
        ("requires a client certificate", "rejects our certificate or TLS version", "TLS failed: …"),
        "Compare `mqtt.tls` with what the broker requires: `ca_file`, and `cert_file` with `key_file` if it asks for a"
        " client certificate. The broker's log says more.",
    ),
    Hint(
        ("the broker refuses the connection: …", "reason code 0x…"),
        "The broker's log has the reason.",
    ),
    Hint(
        ("internal error: …",),
        "The log has more (`journalctl -u mqttcam`). mqttcam connects again by itself.",
    ),
    Hint(
        ("embedded broker: …", "the embedded broker …"),
        "The broker inside mqttcam has ended. It is started again by itself. If another program uses its port, change"
        " `broker.port` or stop that program.",
    ),
    Hint(
        ("the connection is lost", "the broker closed the connection", "no CONNACK within …"),
        "The broker ends the connection or does not answer. Its log has the reason. After a restart of the"
        " broker, mqttcam connects again within seconds.",
    ),
)
