"""TLS to the broker, with errors that say which file is wrong."""

from __future__ import annotations

import ssl
from pathlib import Path

from mqttcam.settings import TlsSettings


class TlsError(Exception):
    """The TLS files cannot be used; the message says which and why."""


def make_context(settings: TlsSettings) -> ssl.SSLContext:
    """What a connection needs; the files are read now.

    Without `ca_file` the system's authorities are trusted. `insecure` leaves out the check of the host name
    alone: the certificate must still be signed by a trusted authority.

    Raises:
        TlsError: a file is missing, unreadable or not what it should be.
    """
    for key in ("ca_file", "cert_file", "key_file"):
        path: Path | None = getattr(settings, key)
        if path is not None:
            _check_readable(f"mqtt.tls.{key}", path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = not settings.insecure
    if settings.ca_file is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(settings.ca_file)
        except ssl.SSLError as error:
            raise TlsError(f"mqtt.tls.ca_file: {settings.ca_file} has no certificate in PEM form") from error
    if settings.cert_file is not None:
        _load_own_certificate(context, settings, settings.cert_file)
    return context


def _check_readable(name: str, path: Path) -> None:
    try:
        with path.open("rb"):
            return
    except OSError as error:
        raise TlsError(f"{name}: {path}: {error.strerror}") from error


def _load_own_certificate(context: ssl.SSLContext, settings: TlsSettings, cert_file: Path) -> None:
    password = settings.key_password.get_secret_value() if settings.key_password else ""
    try:
        # An empty password, where none is given: OpenSSL would ask for it on the terminal otherwise.
        context.load_cert_chain(cert_file, settings.key_file, lambda: password)
    except ssl.SSLError as error:
        key_file = settings.key_file or cert_file
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"mqtt.tls.key_file: {key_file} is not the key of {cert_file}"
        elif b"ENCRYPTED" in key_file.read_bytes():
            text = f"mqtt.tls.key_password: it does not open {key_file}"
        else:
            text = f"mqtt.tls.cert_file: {cert_file} and its key are not both in PEM form"
        raise TlsError(text) from error


def explain(error: ssl.SSLError) -> str:
    """A failed handshake, or what the broker said after it, in words a user can act on."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {error.verify_message}"
    reason = error.reason or str(error)
    if isinstance(error, ssl.SSLEOFError):
        return "the broker closed the connection; does it speak TLS on this port?"
    if reason == "WRONG_VERSION_NUMBER":
        return "the broker does not speak TLS on this port"
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return f"the broker wants a certificate of ours (mqtt.tls.cert_file): {reason.lower()}"
    if "ALERT" in reason:
        return f"the broker refuses our certificate or TLS version: {reason.lower()}"
    return f"TLS failed: {reason.lower()}"


def needs_a_person(error: ssl.SSLError) -> bool:
    """Whether the same try will fail again, as certificates or ports are wrong."""
    reason = error.reason or ""
    return (
        isinstance(error, ssl.SSLCertVerificationError)
        or "ALERT" in reason
        or reason == "WRONG_VERSION_NUMBER"
    )
