"""What SINETStream and kafka-python log: kept out of our log, its last words kept for error messages.

They would fill a log while a broker is away, kafka-python's exceptions do not say why there is no connection, and their
debug messages have passwords in them.
"""

from __future__ import annotations

import logging
import re
import threading

_LIBRARIES = ("kafka", "sinetstream", "sinetstreamplugin")
_TLS_FAILED = "TLS failed: is its certificate signed by our `tls.ca_certs`, and for this name?"
_LOGIN_FAILED = (
    "authentication failed: are sasl_mechanism, sasl_plain_username and sasl_plain_password right?"
)
_INNARDS = re.compile(r"<BrokerConnection.*\]>:? *|Closing connection\. *")


class _LastWords(logging.Handler):
    """What was said last in each thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("kafka"):
            self.said[threading.get_ident()] = record.getMessage()


_last_words = _LastWords()


def listen() -> None:
    """Before the libraries are used."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        if _last_words not in logger.handlers:
            logger.addHandler(_last_words)
            logger.setLevel(logging.WARNING)
            logger.propagate = False


def last_words() -> str:
    """What kafka-python last complained of in this thread, in words for a person; empty where it did not."""
    said = _last_words.said.pop(threading.get_ident(), "")
    if "<authenticating>" in said:
        return _LOGIN_FAILED
    return _TLS_FAILED if "during handshake" in said else _INNARDS.sub("", said)
