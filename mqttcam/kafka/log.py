"""The log records of SINETStream and kafka-python: kept out of our log, and used for our error messages.

They would fill the log while a broker is unreachable, and the debug records contain passwords; but kafka-python's
exceptions do not say why there is no connection, and its records do.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable

from mqttcam.kafka.errors import broker_error

log = logging.getLogger(__name__)

WRONG_PORT = "does this port require TLS (`tls`) or a login (`sasl_…`)?"
"""The hint if a broker closes the connection without a reason."""
CLOSED = "no connection to {where}: the broker has closed it"
_CLOSED_ENDING = CLOSED.rpartition("}")[2]
NO_ADDRESS = "no address found for the broker {where}: add one to DNS, /etc/hosts or Docker's extra_hosts"
CLIENT_CERTIFICATE = "the broker requires a client certificate that it trusts (`tls.certfile`, `tls.keyfile`)"
TLS_FAILED = "TLS failed: is the broker's certificate signed by `tls.ca_certs`, and for this host name?"
_LIBRARIES = ("kafka", "sinetstream", "sinetstreamplugin")
_WHERE = r"<BrokerConnection [^>]*?host=(?P<where>\S+) .*\]>"
_TEXTS = {
    r"DNS lookup failed for (?P<where>\S+):\d+": NO_ADDRESS,
    r"<authenticating>": str(broker_error(58, "")),
    r"(?i)certificate.required|alert.bad.certificate": CLIENT_CERTIFICATE,
    r"Libraries for (?P<codec>\w+) compression codec not found": "compression_type {codec} needs a package that is "
    "not installed (lz4, python-snappy or zstandard), or `client: confluent`",
    r"during handshake": TLS_FAILED,
    rf"Connect attempt to {_WHERE} returned error (?P<errno>\d+)": "no connection to {where}: {errno}",
    rf"Connection attempt to {_WHERE} timed out": "no connection to {where}: timed out",
    rf"{_WHERE}: socket disconnected": CLOSED,
    rf"{_WHERE}: Error receiving": CLOSED,
    rf"Error sending request data to {_WHERE}": CLOSED,
    rf"{_WHERE} timed out after \d+ ms": "no answer from {where}",
    r"Topic (?P<topic>\S+) not found": "the topic {topic} does not exist",
    r"Topic (?P<topic>\S+) is not authorized": "no permission to write to the topic {topic}",
}
"""Patterns of the records of kafka-python 2.2, and our texts for them."""
_HARMLESS = "Sending username and password in the clear"
_NO_ANSWER = {"ConnectionError", "NoBrokersAvailable", "KafkaTimeoutError", "UnrecognizedBrokerVersion"}
"""The exceptions of SINETStream and kafka-python that mean no more than that nothing came."""
_FRESH = 60.0
"""Seconds after which a record is unrelated to a new failure."""
_INTERNALS = re.compile(r"<BrokerConnection.*\]>:? *|Closing connection\. *")


class _ErrorCapture(logging.Handler):
    """Keeps the last error of each thread that there is a text for.

    Attributes:
        last: by thread name: the time, and our text.
        callbacks: thread names, and functions to call at once; several cameras may share a client id.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: dict[str, tuple[float, str]] = {}
        self.callbacks: set[tuple[str, Callable[[str], None]]] = set()

    def emit(self, record: logging.LogRecord) -> None:
        thread, text = record.threadName or "", record.getMessage()
        if not record.name.startswith("kafka") or _HARMLESS in text:
            return
        known = explain(text)
        if known is None:
            log.debug("kafka-python: %s", _INTERNALS.sub("", text))
            return
        self.last[thread] = time.monotonic(), known
        for of, callback in tuple(self.callbacks):
            if of == thread:
                callback(known)


_capture = _ErrorCapture()


def _not_from_scram(record: logging.LogRecord) -> bool:
    """Filter the records of kafka-python's SCRAM login, which uses the root logger."""
    return record.module != "scram"


def explain(text: str) -> str | None:
    """Return our text for a log record or exception of kafka-python; None if it is not a known one."""
    for pattern, template in _TEXTS.items():
        if match := re.search(pattern, text):
            parts = match.groupdict()
            if "errno" in parts:
                parts["errno"] = os.strerror(int(parts["errno"]))
            return template.format(**parts)
    return None


def capture(client_id: str | None = None, callback: Callable[[str], None] | None = None) -> None:
    """Capture the libraries' log records; called before the libraries are used.

    Args:
        callback: called at once, from any thread, with each problem of the producer `client_id`.
    """
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if _capture not in logger.handlers:
            logging.getLogger().addFilter(_not_from_scram)
            logger.addHandler(_capture)
            logger.setLevel(logging.WARNING)
            logger.propagate = False
    if client_id is not None and callback is not None:
        _capture.callbacks.add((_sending_thread(client_id), callback))


def remove_callback(client_id: str, callback: Callable[[str], None]) -> None:
    """Stop calling `callback` with the problems of a producer."""
    _capture.callbacks.discard((_sending_thread(client_id), callback))


def last_error(client_id: str | None = None) -> str:
    """Return and forget the last error of kafka-python in this thread or the producer's; empty if there is none."""
    threads = [threading.current_thread().name]
    if client_id is not None:
        threads.append(_sending_thread(client_id))
    found = [last for thread in threads if (last := _capture.last.pop(thread, None)) is not None]
    return max((last for last in found if time.monotonic() - last[0] < _FRESH), default=(0.0, ""))[1]


def explain_open_failure(
    error: Exception, brokers: str, client_id: str | None = None, *, right_port: bool = False
) -> str:
    """Return why a reader or writer could not be opened, from the libraries' log: their exceptions rarely say.

    Args:
        right_port: whether there was a connection to this port before, so that it is of the right kind.
    """
    logged = last_error(client_id)
    kind = type(error).__name__
    if isinstance(error, ImportError) or kind == "UnsupportedServiceTypeError":
        return f"needs `pip install 'mqttcam[kafka]'`: {error}"
    if not logged and kind != "ConnectionError" and not isinstance(error, OSError):
        return explain(str(error)) or f"{kind}: {error}"
    if logged.startswith("no "):
        return logged if right_port else with_hint(logged)
    why = logged or _cause(error)
    return f"no connection to {brokers}: {why}" if why else f"no answer from {brokers}"


def with_hint(text: str) -> str:
    """Return a problem with the hint at a wrong kind of port, if that can be its reason."""
    return f"{text}: {WRONG_PORT}" if text.endswith(_CLOSED_ENDING) else text


def _cause(error: Exception) -> str:
    """Return the cause of a failure to open in words; empty if it is that the brokers do not answer."""
    cause = error.__cause__ or error
    if known := explain(repr(cause)):
        return known
    if type(cause).__name__ in _NO_ANSWER:
        return ""
    if isinstance(cause, OSError) and cause.strerror:
        return f"{cause.filename}: {cause.strerror}" if cause.filename else cause.strerror
    return f"{type(cause).__name__}: {cause}"


def _sending_thread(client_id: str) -> str:
    """Return the name that kafka-python gives to a producer's thread."""
    return f"{client_id}-network-thread"
