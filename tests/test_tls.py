"""TLS contexts from files, and the texts of what is wrong with them."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from mqttcam.tls import TlsError, TlsFiles, client_context, explain, is_permanent, server_context
from tests.support.certificates import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def _client_error(**files: Path | str) -> str:
    with pytest.raises(TlsError) as caught:
        client_context(TlsFiles("mqtt.tls", **files))  # type: ignore[arg-type]
    return str(caught.value)


def _encrypted(key: Path, password: str, to: Path) -> Path:
    command = ["openssl", "pkcs8", "-topk8", "-passout", f"pass:{password}", "-in", str(key), "-out", str(to)]
    subprocess.run(command, check=True, capture_output=True)
    return to


def test_errors_name_the_setting(certificates: Certificates, tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("hello")
    cert, key = certificates.client_cert, certificates.client_key
    assert _client_error(ca_file=missing) == f"mqtt.tls.ca_file: {missing}: No such file or directory"
    assert _client_error(ca_file=text) == f"mqtt.tls.ca_file: {text} has no certificate in PEM form"
    assert (
        _client_error(cert_file=text, key_file=key)
        == f"mqtt.tls.cert_file: {text} and its key are not both in PEM form"
    )
    assert _client_error(cert_file=cert, key_file=missing).startswith("mqtt.tls.key_file: ")
    assert (
        _client_error(cert_file=cert, key_file=certificates.server_key)
        == f"mqtt.tls.key_file: {certificates.server_key} is not the key of {cert}"
    )


def test_encrypted_key_needs_its_password(certificates: Certificates, tmp_path: Path) -> None:
    files = {
        "cert_file": certificates.client_cert,
        "key_file": _encrypted(certificates.client_key, "s3cret", tmp_path / "locked.pem"),
    }
    client_context(TlsFiles("mqtt.tls", **files, key_password="s3cret"))
    for wrong in ("", "other"):
        error = _client_error(**files, key_password=wrong)
        assert error == f"mqtt.tls.key_password: does not open {files['key_file']}"


def test_client_checks_certificate_and_host_name(certificates: Certificates) -> None:
    context = client_context(
        TlsFiles("x", certificates.ca, certificates.client_cert, certificates.client_key)
    )
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    insecure = client_context(TlsFiles("x", certificates.ca), insecure=True)
    assert (insecure.verify_mode, insecure.check_hostname) == (ssl.CERT_REQUIRED, False)


def test_server_needs_a_certificate(certificates: Certificates, tmp_path: Path) -> None:
    context = server_context(TlsFiles("x", None, certificates.server_cert, certificates.server_key))
    assert context.verify_mode == ssl.CERT_NONE
    with pytest.raises(TlsError, match=r"^web\.tls\.cert_file: not set"):
        server_context(TlsFiles("web.tls"))
    with pytest.raises(TlsError, match=r"^web\.tls\.cert_file: .*missing"):
        server_context(TlsFiles("web.tls", cert_file=tmp_path / "missing"))


@pytest.mark.parametrize(
    ("kind", "reason", "text", "permanent"),
    [
        (ssl.SSLError, "WRONG_VERSION_NUMBER", "the broker does not speak TLS on this port", True),
        (
            ssl.SSLError,
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "the broker requires a client certificate (mqtt.tls.cert_file): tlsv13_alert_certificate_required",
            True,
        ),
        (
            ssl.SSLError,
            "TLSV1_ALERT_UNKNOWN_CA",
            "the broker rejects our certificate or TLS version: tlsv1_alert_unknown_ca",
            True,
        ),
        (
            ssl.SSLEOFError,
            "UNEXPECTED_EOF",
            "the broker closed the connection; does this port speak TLS?",
            False,
        ),
        (ssl.SSLError, "BAD_RECORD_MAC", "TLS failed: bad_record_mac", False),
    ],
)
def test_handshake_errors(kind: type[ssl.SSLError], reason: str, text: str, permanent: bool) -> None:
    error = kind(1, f"[SSL: {reason}]")
    error.reason = reason
    assert explain(error, "the broker", "mqtt.tls") == text
    assert is_permanent(error) is permanent
