"""TLS contexts from files, with errors that name the setting to correct."""

from __future__ import annotations

import ssl
from pathlib import Path

from msgspec import Struct


class TlsError(Exception):
    """The TLS files cannot be used; the message names the setting and the reason."""


class TlsFiles(Struct, frozen=True):
    """The files of one end of a connection, in PEM form.

    Attributes:
        section: the section of the settings that names them, such as `mqtt.tls`, for error messages.
        ca_file: the authorities to trust; None for those of the system.
        cert_file: the certificate of this end, with its chain.
        key_file: the key of `cert_file`; None if it is in the same file.
        key_password: opens the key; empty for a key without a password.
    """

    section: str
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_password: str = ""


def client_context(files: TlsFiles, *, insecure: bool = False) -> ssl.SSLContext:
    """Return a context for connections to a server. The files are read now.

    Args:
        insecure: skip the check of the host name alone: an authority that is trusted must still have signed the
            certificate.

    Raises:
        TlsError: a file is missing, unreadable or not in the expected form.
    """
    _check_readable(files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = not insecure
    if files.ca_file is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(files.ca_file)
        except ssl.SSLError as error:
            raise TlsError(
                f"{files.section}.ca_file: {files.ca_file} has no certificate in PEM form"
            ) from error
    if files.cert_file is not None:
        _load_certificate(context, files, files.cert_file)
    return context


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context for connections from clients, which are not asked for a certificate. The files are read now.

    Raises:
        TlsError: a file is missing, unreadable or not in the expected form, or there is no `cert_file`.
    """
    if files.cert_file is None:
        raise TlsError(f"{files.section}.cert_file: not set, and a server needs a certificate")
    _check_readable(files)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load_certificate(context, files, files.cert_file)
    return context


def _check_readable(files: TlsFiles) -> None:
    named = {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file}
    for name, path in named.items():
        if path is None:
            continue
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise TlsError(f"{files.section}.{name}: {path}: {error.strerror}") from error


def _load_certificate(context: ssl.SSLContext, files: TlsFiles, cert_file: Path) -> None:
    try:
        # The empty password of a key without one, too: OpenSSL would ask for it on the terminal otherwise.
        context.load_cert_chain(cert_file, files.key_file, lambda: files.key_password)
    except ssl.SSLError as error:
        key_file = files.key_file or cert_file
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"{files.section}.key_file: {key_file} is not the key of {cert_file}"
        elif b"ENCRYPTED" in key_file.read_bytes():
            text = f"{files.section}.key_password: does not open {key_file}"
        else:
            text = f"{files.section}.cert_file: {cert_file} and its key are not both in PEM form"
        raise TlsError(text) from error


def explain(error: ssl.SSLError, peer: str, section: str) -> str:
    """Return the reason of a failed handshake, or of an alert after it, in words a user can act on.

    Args:
        peer: what the other end is, such as `the broker`.
        section: the section of the settings that has the TLS files, such as `mqtt.tls`.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {peer} is not trusted: {error.verify_message}"
    reason = error.reason or str(error)
    if isinstance(error, ssl.SSLEOFError):
        return f"{peer} closed the connection; does this port speak TLS?"
    if reason == "WRONG_VERSION_NUMBER":
        return f"{peer} does not speak TLS on this port"
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return f"{peer} requires a client certificate ({section}.cert_file): {reason.lower()}"
    if "ALERT" in reason:
        return f"{peer} rejects our certificate or TLS version: {reason.lower()}"
    return f"TLS failed: {reason.lower()}"


def is_permanent(error: ssl.SSLError) -> bool:
    """Whether the same attempt will fail again until certificates or the port are corrected."""
    reason = error.reason or ""
    return (
        isinstance(error, ssl.SSLCertVerificationError)
        or "ALERT" in reason
        or reason == "WRONG_VERSION_NUMBER"
    )
