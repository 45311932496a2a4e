"""What SINETStream and kafka-python log: kept out of our log, and put into words for our messages.

They would fill a log while a broker is away, kafka-python's exceptions do not say why there is no connection, and their
debug messages have passwords in them.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable

WRONG_PORT = "does this port want TLS (`tls`) or a login (`sasl_…`)?"
"""What to ask where a broker breaks off without a word."""
_CLOSED = "has closed the connection"
_LIBRARIES = ("kafka", "sinetstream", "sinetstreamplugin")
_WHERE = r"<BrokerConnection [^>]*?host=(?P<where>\S+) .*\]>"
_WORDS = {
    r"DNS lookup failed for (?P<where>\S+):\d+": "no address is known for the broker {where}: "
    "DNS, /etc/hosts or Docker's extra_hosts has to have one",
    r"<authenticating>": "authentication failed: are sasl_mechanism, sasl_plain_username and sasl_plain_password "
    "right, and `tls` as this port wants it?",
    r"(?i)certificate.required|alert.bad.certificate": "the broker wants a certificate of ours that it "
    "trusts (`tls.certfile`, `tls.keyfile`)",
    r"Libraries for (?P<codec>\w+) compression codec not found": "compression_type {codec} needs a package that is "
    "not installed (lz4, python-snappy or zstandard), or `client: confluent`",
    r"during handshake": "TLS failed: is its certificate signed by our `tls.ca_certs`, and for this name?",
    rf"Connect attempt to {_WHERE} returned error (?P<errno>\d+)": "no connection to {where}: {errno}",
    rf"Connection attempt to {_WHERE} timed out": "no connection to {where}: it does not answer",
    rf"{_WHERE}: socket disconnected": f"{{where}} {_CLOSED}",
    rf"{_WHERE} timed out after (?P<ms>\d+) ms": "{where} has not answered for {ms} ms",
    r"Topic (?P<topic>\S+) not found": "the topic {topic} is not there",
    r"Topic (?P<topic>\S+) is not authorized": "no permission for the topic {topic}",
}
"""What kafka-python 2.2 writes, and what is said instead."""
_HARMLESS = "Sending username and password in the clear"
_FRESH = 60.0
"""Seconds after which what was said has nothing to do with what fails now."""
_INNARDS = re.compile(r"<BrokerConnection.*\]>:? *|Closing connection\. *")


class _ErrorCapture(logging.Handler):
    """What was said last in each thread.

    Attributes:
        said: by thread name; whether it is in words of ours, and when it was.
        callbacks: who is told at once, with the thread's name; cameras may share a client's name.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: dict[str, tuple[bool, float, str]] = {}
        self.callbacks: set[tuple[str, Callable[[str], None]]] = set()

    def emit(self, record: logging.LogRecord) -> None:
        thread, text = record.threadName or "", record.getMessage()
        if not record.name.startswith("kafka") or _HARMLESS in text:
            return
        words = explain(text)
        if words is not None:
            self.last[thread] = True, time.monotonic(), words
            for of, callback in tuple(self.callbacks):
                if of == thread:
                    callback(words)
        elif not (thread in self.last and self.last[thread][0]):
            self.last[thread] = False, time.monotonic(), _INNARDS.sub("", text)


_capture = _ErrorCapture()


def _not_from_scram(record: logging.LogRecord) -> bool:
    """kafka-python's SCRAM login logs as if it were the program itself."""
    return record.module != "scram"


def explain(text: str) -> str | None:
    """A message of kafka-python for a person; None where it is none that is known."""
    for pattern, words in _WORDS.items():
        if match := re.search(pattern, text):
            parts = match.groupdict()
            if "errno" in parts:
                parts["errno"] = os.strerror(int(parts["errno"]))
            return words.format(**parts)
    return None


def capture(client_id: str | None = None, callback: Callable[[str], None] | None = None) -> None:
    """Before the libraries are used.

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
    """This callback is told no more of the producer's troubles."""
    _capture.callbacks.discard((_sending_thread(client_id), callback))


def last_error(client_id: str | None = None) -> str:
    """What kafka-python last complained of in this thread or the producer's, for a person; empty: of nothing."""
    threads = [threading.current_thread().name]
    if client_id is not None:
        threads.append(_sending_thread(client_id))
    found = [said for thread in threads if (said := _capture.last.pop(thread, None)) is not None]
    return max((said for said in found if time.monotonic() - said[1] < _FRESH), default=(False, 0.0, ""))[2]


def explain_open_failure(error: Exception, brokers: str, client_id: str | None = None) -> str:
    """Why there is no reader or writer, for a person: the libraries' exceptions hardly say, what they log does."""
    said = last_error(client_id)
    kind = type(error).__name__
    if isinstance(error, ImportError) or kind == "UnsupportedServiceTypeError":
        return f"needs `pip install 'mqttcam[kafka]'`: {error}"
    if not said and kind != "ConnectionError" and not isinstance(error, OSError):
        return explain(str(error)) or f"{kind}: {error}"
    if said.startswith("no "):
        return said
    why = f"{said}: {WRONG_PORT}" if said.endswith(_CLOSED) else said
    cause = repr(error.__cause__ or error)
    return f"no connection to {brokers}: {why or explain(cause) or cause}"


def _sending_thread(client_id: str) -> str:
    """As kafka-python names it."""
    return f"{client_id}-network-thread"
