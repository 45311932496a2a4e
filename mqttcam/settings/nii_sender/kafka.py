"""The sender's Kafka variables: `SS_*`, or `SSCFG_*` with a configuration server, and `SCHEDULE`."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from mqttcam.settings.document.key_schema import KeyKind, keys_of
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.nii_sender.translation import SERVER, SINETSTREAM, UNKNOWN, Translation
from mqttcam.text import shown
from mqttcam.values import InvalidValue, Switch

AUTH_FILE = Path("~/.config/sinetstream/auth.json")
_OWN_LIMITS = "mqttcam has limits of its own: `kafka.queue`"
_MQTT_WITHOUT_EFFECT = {
    "clean_session": "a sender has no session to resume",
    "clean_start": "a sender has no session to resume",
    "connection_timeout": "mqttcam waits 5 s, and tries again",
    "max_inflight_messages_set": _OWN_LIMITS,
    "max_queued_messages_set": _OWN_LIMITS,
    "message_retry_set": "MQTT has no retries on a connection any more",
    "reconnect_delay_set": "mqttcam waits up to 10 s between two attempts",
    "will_set": "a will is for readers of `mqttcam/<node>/status`: `MQTTCAM__MQTT__HOST`",
    "ws_set_options": "MQTT over TCP has no WebSocket options",
}
"""Parameters of SINETStream's MQTT plugin that have no equal here, and why."""
_SERVER_KEYS = {"NAME": "config", "SERVICE": "service", "AUTH": "auth", "PRIVATE_KEY": "private_key"}


def translate_kafka(
    variables: Mapping[str, str], unreadable: Collection[str], translation: Translation
) -> None:
    """Translate the variables about Kafka.

    Args:
        unreadable: variables whose secret cannot be read; they are not in `variables`.
    """
    if "SSCFG_NAME" in variables:
        _server(variables, unreadable, translation)
    else:
        _sinetstream(variables, translation)
        _without_server(variables, unreadable, translation)
    if "SCHEDULE" in variables:
        _schedule(variables["SCHEDULE"], translation)
    if "HTTPS_PROXY" in variables and "SSCFG_NAME" not in variables:
        translation.ignore("HTTPS_PROXY", "only used for a configuration server")


def _server(variables: Mapping[str, str], unreadable: Collection[str], translation: Translation) -> None:
    for name, text in variables.items():
        if name.startswith(SERVER):
            key = _SERVER_KEYS.get(name.removeprefix(SERVER))
            _set(name, key, text, translation) if key else translation.ignore(name, UNKNOWN)
        elif name.startswith(SINETSTREAM):
            translation.ignore(name, "the configuration server has the parameters")
    if "HTTPS_PROXY" in variables:
        _set("HTTPS_PROXY", "https_proxy", variables["HTTPS_PROXY"], translation)
    if "SSCFG_AUTH" not in {*variables, *unreadable} and not _readable(AUTH_FILE):
        translation.add_problem(
            "SSCFG_AUTH", "is missing, and SSCFG_NAME needs it", f"the text of auth.json, or {AUTH_FILE}"
        )


def _readable(path: Path) -> bool:
    try:
        return os.access(path.expanduser(), os.R_OK)
    except RuntimeError:
        return False  # this user has no home


def _without_server(
    variables: Mapping[str, str], unreadable: Collection[str], translation: Translation
) -> None:
    """Translate what a configuration server needs, which has no effect without its name."""
    names = [name for name in variables if name.startswith(SERVER)]
    if names and not translation.has("kafka") and "SSCFG_NAME" not in unreadable:
        translation.add_problem(
            "SSCFG_NAME", f"is missing, and {names[0]} needs it", "a name on the configuration server"
        )
    for name in names:
        translation.ignore(name, "only used together with SSCFG_NAME")


def _sinetstream(variables: Mapping[str, str], translation: Translation) -> None:
    """Translate `SS_A__B` to `a.b`; a variable for the whole section (`SS_TLS=true`) then has no effect."""
    names = sorted(name for name in variables if name.startswith(SINETSTREAM))
    for name in names:
        path = name.removeprefix(SINETSTREAM).lower().split("__")
        if path[0] == "value_type":
            translation.ignore(name, "the reference sender also sends bytes")
        elif path == ["type"] and variables[name].lower() not in ("kafka", "mqtt"):
            translation.add_problem(
                name, f"SINETStream over {shown(variables[name])} is not supported", "kafka or mqtt"
            )
        elif path[0] in _MQTT_WITHOUT_EFFECT:
            translation.ignore(name, _MQTT_WITHOUT_EFFECT[path[0]])
        elif path == ["transport"]:
            _transport(name, variables[name], translation)
        elif path[0] == "tls_set" and path[1:2] not in (["cert_reqs"], ["tls_version"]):
            _set(name, ".".join(["tls", *path[1:]]), variables[name], translation)
        elif path == ["tls_insecure_set", "value"]:
            _tls_insecure(name, variables[name], translation)
        elif any(other.startswith(f"{name}__") for other in names):
            translation.ignore(name, f"overridden by {name}__…")
        elif (
            path[0] == "crypto" and path[1:2] in (["password"], ["key"]) and path[2:] in (["value"], ["path"])
        ):
            key = f"crypto.{path[1]}" if path[2] == "value" else f"crypto.{path[1]}_file"
            _set(name, key, variables[name], translation)
        else:
            _set(name, ".".join(path), variables[name], translation)


def _transport(name: str, text: str, translation: Translation) -> None:
    if text.lower() == "tcp":
        translation.ignore(name, "as here")
    else:
        translation.add_problem(name, f"MQTT over {shown(text)} is not supported", "tcp")


def _tls_insecure(name: str, text: str, translation: Translation) -> None:
    try:
        insecure = Switch().coerce(text)
    except InvalidValue as error:
        translation.add_problem(name, error.message, "true or false")
    else:
        _set(name, "tls.check_hostname", "false" if insecure else "true", translation)


def _schedule(text: str, translation: Translation) -> None:
    if not translation.has("kafka"):
        translation.ignore("SCHEDULE", "nothing is sent to Kafka")
    elif text.strip("0"):
        _set("SCHEDULE", "schedule", text, translation)
    else:
        note = "as the reference sender, which checks once per second"
        translation.set("SCHEDULE", "kafka.schedule", "1", shown="1", note=note)


def _set(name: str, key: str, text: str, translation: Translation) -> None:
    shown = None if _is_secret(key.split(".")) else text
    translation.set(name, f"kafka.{key}", text, shown=shown)


def _is_secret(path: list[str]) -> bool:
    """Return whether the key of a Kafka parameter is secret; an unknown key may be."""
    model: type = KafkaSettings
    for part in path:
        schema = keys_of(model).get(part)
        if schema is None or schema.kind is KeyKind.SECRET:
            return True
        if schema.models:
            model = schema.models[0]
    return False
