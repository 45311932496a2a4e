"""SINETStream's configuration server: a stand-in that answers as it does, with secrets encrypted for our key."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import stat
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mqttcam.outputs.kafka import server as module
from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter
from mqttcam.outputs.timing import OutputTiming
from mqttcam.settings.kafka import KafkaSettings
from tests.outputs.kafka.rig import FakeCapture, make_topic, raw, running_bridge, topic_name
from tests.support.kafka import PASSWORD, USER, KafkaBroker
from tests.support.waiting import HOST, free_port, wait_for

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def fingerprint() -> str:
    line = KEY.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64encode(hashlib.sha256(base64.b64decode(line.split()[1])).digest()).decode().rstrip("=")


def encrypted(text: str) -> str:
    """RSA-OAEP around an AES key, AES-GCM around the text, as SINETStream's document has it."""
    head, key, nonce = struct.pack("!HBB", 1, 1, 1), os.urandom(16), os.urandom(12)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = KEY.public_key().encrypt(key, oaep)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), head + wrapped + nonce)
    return base64.b64encode(head + wrapped + nonce + sealed).decode()


class Server:
    """The stand-in. `answer` is what it says of the configuration, `hang` lets it say nothing."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        self.secrets: dict[str, dict[str, str]] = {}
        self.hang = threading.Event()
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.requests.append(self.path)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                right = body == {"user": "pi", "secret-key": "sesame", "strategy": "api-access"}
                self._answer(201 if right else 401, {"accessToken": "token"} if right else {})

            def do_GET(self) -> None:
                outer.requests.append(self.path)
                kind, _, name = self.path.removeprefix("/api/v1/").partition("/")
                found = outer.answer if kind == "configs" and name == "cameras" else outer.secrets.get(name)
                if self.headers["Authorization"] != "Bearer token":
                    found = None
                self._answer(200 if found else 404, found or {})

            def _answer(self, status: int, body: object) -> None:
                if outer.hang.is_set():
                    return
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self._http = ThreadingHTTPServer((HOST, 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://{HOST}:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def say(self, parameters: dict[str, Any], version: int = 3, **secrets: str) -> None:
        """The configuration `cameras` with one service, and secrets by their place (`a__b` is `a.b`)."""
        listed = []
        for number, (place, text) in enumerate(secrets.items()):
            target = "*." + place.replace("__", ".")
            listed.append({"target": target, "ids": [{"id": f"s{number}", "version": 1}]})
            self.secrets[f"s{number}"] = {
                "id": f"s{number}", "target": target, "value": encrypted(text), "fingerprint": fingerprint()
            }  # fmt: skip
        config = {"header": {"version": version}, "config": {"images": parameters}}
        self.answer = {"name": "cameras", "config": config, "secrets": listed}

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("HOME", str(tmp_path))
    module._last.clear()
    module._away.clear()
    running = Server()
    yield running
    running.stop()


def auth(server: Server, secret: str = "sesame") -> str:
    return json.dumps({"config-server": {"address": server.url, "user": "pi", "secret-key": secret}})


def keys(server: Server, **more: str) -> dict[str, Any]:
    return {"brokers": "", "config": "cameras", "auth": auth(server), "private_key": PEM, **more}


@pytest.mark.parametrize("version", [2, 3])
def test_encrypted_secret(real_kafka: KafkaBroker, server: Server, tmp_path: Path, version: int) -> None:
    """The password comes encrypted and opens every connection; both files are written for their owner alone."""
    topic = make_topic(real_kafka, topic_name("secret"), max_message_bytes="200000")
    login = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_plain_username": USER}
    common = {
        "type": "kafka",
        "brokers": real_kafka.address("sasl"),
        "topic": topic,
        "consistency": "AT_LEAST_ONCE",
    }
    if version == 3:
        server.say({**common, "type_spec": login}, 3, type_spec__sasl_plain_password=PASSWORD)
    else:
        server.say({**common, **login}, 2, sasl_plain_password=PASSWORD)
    capture = FakeCapture()
    with running_bridge(real_kafka, None, capture, state=tmp_path, **keys(server)) as bridge:
        capture.publish(3)
        bridge.wait_sent(3)
    assert len(raw(real_kafka, topic)) == 3
    settings = KafkaSettings.model_validate(keys(server))
    record = RecordFields("node", "cam", settings)
    writer = SinetstreamWriter(settings, "me", record, tmp_path, OutputTiming())
    writer.open(lambda words: None)
    try:
        assert str(writer) == f"{real_kafka.address('sasl')}, topic {topic}"
        # The topic's, which only a second connection tells.
        assert writer.limit() < 200_000
    finally:
        writer.close()
    for name in ("auth.json", "private_key.pem"):
        assert stat.S_IMODE((tmp_path / "sinetstream" / name).stat().st_mode) == 0o600
    assert not (tmp_path / ".config").exists()


def test_what_is_configured_here_as_well(
    real_kafka: KafkaBroker, topic: str, server: Server, tmp_path: Path
) -> None:
    """It takes precedence over the server's answer, as arguments of SINETStream's own writer do."""
    server.say(
        {
            "type": "kafka", "brokers": real_kafka.address("both"), "topic": "another", "consistency": "AT_MOST_ONCE",
            "tls": {"ca_certs": str(real_kafka.certificates.ca)},
            "type_spec": {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "linger_ms": 7},
        }
    )  # fmt: skip
    own: dict[str, Any] = {
        "topic": topic, "consistency": "AT_LEAST_ONCE", "max_request_size": 3_000_000,
        "sasl_plain_username": USER, "sasl_plain_password": PASSWORD, "type_spec": {"retries": 5},
    }  # fmt: skip
    settings = KafkaSettings.model_validate({**keys(server), **own})
    found = module.fetch(settings, "me", tmp_path, OutputTiming())
    assert (found["topic"], found["consistency"]) == (topic, "AT_LEAST_ONCE")
    assert found["type_spec"] == {
        "client_id": "me", "linger_ms": 7, "max_block_ms": 5000, "max_request_size": 3_000_000, "retries": 5,
        "sasl_mechanism": "PLAIN", "sasl_plain_password": PASSWORD, "sasl_plain_username": USER,
        "security_protocol": "SASL_SSL",
    }  # fmt: skip
    capture = FakeCapture()
    with running_bridge(real_kafka, own.pop("topic"), capture, **keys(server), **own) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    assert len(raw(real_kafka, topic)) == 1


def test_kept_auth(kafka: KafkaBroker, topic: str, server: Server, tmp_path: Path) -> None:
    """An existing `auth.json` is kept and used."""
    folder = tmp_path / ".config/sinetstream"
    folder.mkdir(parents=True)
    (folder / "auth.json").write_text(auth(server))
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    capture = FakeCapture()
    with running_bridge(
        kafka, None, capture, **keys(server, auth=auth(server, "wrong"), service="images")
    ) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    assert (folder / "auth.json").read_text() == auth(server)


def test_auth_that_changed(kafka: KafkaBroker, topic: str, server: Server) -> None:
    """The one in the state folder follows the configuration: its folder outlives a container."""
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    with running_bridge(kafka, None, **keys(server, auth=auth(server, "old"))) as bridge:
        wait_for(lambda: bridge.report["problem"], "a problem")
    capture = FakeCapture()
    with running_bridge(kafka, None, capture, **keys(server)) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)


@pytest.mark.parametrize("home", ["locked", "none"])
def test_a_service_without_a_home(
    kafka: KafkaBroker, topic: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """The shipped unit and image: `~/.config` can be neither written nor read, or there is no home at all."""
    if home == "none":
        monkeypatch.setattr(Path, "expanduser", _no_home)
    else:
        monkeypatch.setenv("HOME", "/proc/1")
    common = {"type": "kafka", "brokers": kafka.address(), "topic": topic}
    server.say(common, client_id="secret")
    capture = FakeCapture()
    with running_bridge(kafka, None, capture, state=tmp_path / "state", **keys(server)) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    assert (tmp_path / "state" / "sinetstream" / "auth.json").exists()


def _no_home(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_secrets_without_a_key(kafka: KafkaBroker, server: Server) -> None:
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": "t"}, sasl_plain_password="x")
    with running_bridge(kafka, None, **{**keys(server), "private_key": None}) as bridge:
        problem = str(wait_for(lambda: bridge.report["problem"], "a problem"))
    assert problem.endswith("has encrypted values, for which `private_key` is missing")


@pytest.mark.parametrize(
    ("scheme", "proxy", "words"),
    [
        ("http", None, "the configuration server http://127.0.0.1:{} is unreachable"),
        (
            "http",
            "http://me:tell-nobody@127.0.0.1:{}",
            "is unreachable through the proxy http://127.0.0.1:{}",
        ),
        ("http", "socks5h://127.0.0.1:{}", "is unreachable through the proxy socks5h://127.0.0.1:{}"),
        ("https", "", "is unreachable: TLS failed"),
    ],
    ids=["server", "proxy", "socks", "tls"],
)
def test_not_reached(
    kafka: KafkaBroker,
    server: Server,
    scheme: str,
    proxy: str | None,
    words: str,
) -> None:
    """The problem names the address that was tried, without a password."""
    timing = OutputTiming(server_connect=0.5, server_answer=0.5)
    dead = free_port()
    address = server.url.replace("http", scheme) if proxy == "" else f"{scheme}://{HOST}:{dead}"
    given = {"config-server": {"address": address, "user": "pi", "secret-key": "sesame"}}
    more = {"https_proxy": proxy.format(dead)} if proxy else {}
    with running_bridge(kafka, None, timing=timing, **keys(server, auth=json.dumps(given), **more)) as bridge:
        problem = str(wait_for(lambda: bridge.report["problem"], "a problem"))
    assert words.format(dead) in problem
    assert "tell-nobody" not in problem


def test_around_the_proxy(
    kafka: KafkaBroker, topic: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`NO_PROXY` is respected, as the library does."""
    monkeypatch.setenv("NO_PROXY", HOST)
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    capture = FakeCapture()
    with running_bridge(
        kafka, None, capture, **keys(server, https_proxy=f"http://{HOST}:{free_port()}")
    ) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)


def test_refused(kafka: KafkaBroker, server: Server) -> None:
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": "t"})
    with running_bridge(kafka, None, **keys(server, auth=auth(server, "wrong"))) as bridge:
        wait_for(lambda: bridge.report["problem"], "a problem")
        assert bridge.report["problem"] == f"the configuration server {server.url} does not accept auth.json"


def test_unknown_name(kafka: KafkaBroker, server: Server) -> None:
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": "t"})
    with running_bridge(kafka, None, **keys(server, config="others")) as bridge:
        wait_for(lambda: bridge.report["problem"], "a problem")
        assert "has no others" in str(bridge.report["problem"])


def test_key_that_needs_a_passphrase(kafka: KafkaBroker, server: Server) -> None:
    """It is reported; the library would ask for it on the terminal."""
    closed = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    ).decode()
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": "t"}, sasl_plain_password="x")
    with running_bridge(kafka, None, **keys(server, private_key=closed)) as bridge:
        wait_for(lambda: bridge.report["problem"], "a problem")
        assert "SINETSTREAM_PRIVATE_KEY_PASSPHRASE" in str(bridge.report["problem"])


def test_server_that_does_not_answer_is_asked_again_after_a_timeout(
    kafka: KafkaBroker, topic: str, server: Server
) -> None:
    """The library itself would wait forever."""
    timing = OutputTiming(server_connect=0.3, server_answer=0.3)
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    server.hang.set()
    capture = FakeCapture()
    with running_bridge(kafka, None, capture, timing=timing, **keys(server)) as bridge:
        capture.publish(2)
        wait_for(lambda: bridge.report["problem"], "a problem")
        server.hang.clear()
        bridge.wait_sent(2)


def test_server_away_later(
    kafka: KafkaBroker, topic: str, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A new writer continues with the server's earlier answer; that is logged once."""
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    capture = FakeCapture()
    with running_bridge(kafka, None, capture, **keys(server)) as bridge:
        bridge.wait_connected()
        server.stop()
        for count in (1, 2):
            bridge.output.set_enabled("cam", False)
            bridge.wait_connected(False)
            bridge.output.set_enabled("cam", True)
            capture.publish(1)
            bridge.wait_sent(count)
    said = [record for record in caplog.records if "using its last answer" in record.getMessage()]
    assert [record.levelname for record in said if record.levelno > logging.DEBUG] == ["WARNING"]


def test_proxy(kafka: KafkaBroker, topic: str, server: Server) -> None:
    """Requests to the server go through it."""
    server.say({"type": "kafka", "brokers": kafka.address(), "topic": topic})
    behind = json.dumps(
        {"config-server": {"address": "http://c.example.org", "user": "pi", "secret-key": "sesame"}}
    )
    capture = FakeCapture()
    with running_bridge(kafka, None, capture, **keys(server, auth=behind, https_proxy=server.url)) as bridge:
        wait_for(lambda: server.requests, "a request")
        assert server.requests[0] == "http://c.example.org/api/v1/authentication"
        assert bridge.report["sent"] == 0
