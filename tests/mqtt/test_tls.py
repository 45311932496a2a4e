"""TLS to a real broker."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from pathlib import Path

import pytest

from mqttcam.mqtt.shared_socket import SharedSocket
from mqttcam.tls import TlsFiles, client_context
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, Rig, in_thread, picture, subscribed
from tests.support.broker import Broker, Mosquitto
from tests.support.certificates import Certificates
from tests.support.client import Client
from tests.support.waiting import HOST, until


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_pictures_and_commands_over_tls_with_a_certificate_of_ours(
    certificates: Certificates, folder: Path, connect: Connect, protocol: int | str
) -> None:
    with (
        Mosquitto(folder, certificates=certificates, client_certificate=True) as broker,
        Client(broker, "#") as client,
    ):
        connection = await connect(broker, protocol=protocol)
        received: list[bytes] = []
        connection.subscribe(FRONT.set, lambda message: received.append(message.payload))
        await subscribed(connection)
        rig = Rig.make(connection)
        for seq, size in enumerate((300, 16_384, 1_500_000, 40_000), 1):
            await rig.send(picture(size, seq))
            await in_thread(client.wait, FRONT.image, lambda m, size=size: len(m.payload) == size)
        meta = await in_thread(client.wait, FRONT.image_meta, lambda m: m.json["seq"] == 4)
        assert meta.json["bytes"] == 40_000
        await in_thread(client.publish, FRONT.set, bytes(200_000))
        await until(lambda: received, "a command larger than TLS records")
        assert received == [bytes(200_000)]
        assert connection.reconnects == 0


async def test_a_broker_that_wants_a_certificate(
    certificates: Certificates, folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(folder, certificates=certificates, client_certificate=True) as broker:
        connection = await connect(broker, wait=False, tls={"ca_file": certificates.ca})
        await until(lambda: connection.problem, "the problem is known")
        assert "requires a client certificate" in str(connection.problem)
        assert [r.levelno for r in caplog.records if r.name.startswith("mqttcam")] == [logging.ERROR]


def test_the_brokers_reason_is_heard_where_our_write_fails_first(certificates: Certificates) -> None:
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    theirs.load_cert_chain(certificates.server_cert, certificates.server_key)
    theirs.verify_mode = ssl.CERT_REQUIRED
    gone = threading.Event()

    def serve() -> None:
        sock, _ = server.accept()
        with sock, pytest.raises(ssl.SSLError):
            theirs.wrap_socket(sock, server_side=True)
        gone.set()

    with socket.create_server((HOST, 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        context = client_context(TlsFiles("mqtt.tls", certificates.ca))
        sock = context.wrap_socket(socket.create_connection(server.getsockname()), server_hostname=HOST)
        sock.setblocking(False)
        shared = SharedSocket(sock, lambda _mid, _reason: False, lambda: None)
        assert gone.wait(5)
        thread.join()
        with pytest.raises(BlockingIOError):
            shared.send(b"CONNECT")
        assert isinstance(shared.problem, ssl.SSLError)
        assert "CERTIFICATE_REQUIRED" in shared.problem.reason
        shared.close()


async def test_an_authority_that_is_not_trusted(
    certificates: Certificates, folder: Path, tmp_path: Path, connect: Connect
) -> None:
    others = Certificates.make(tmp_path / "others")
    with Mosquitto(folder, certificates=certificates) as broker:
        connection = await connect(broker, wait=False, tls={"ca_file": others.ca})
        await until(lambda: connection.problem, "the problem is known")
        assert "not trusted" in str(connection.problem)


async def test_the_name_in_the_certificate_counts_but_for_insecure(
    certificates: Certificates, folder: Path, tmp_path: Path, connect: Connect
) -> None:
    # A client's certificate names nobody's host.
    named_otherwise = Certificates(
        certificates.ca,
        certificates.client_cert,
        certificates.client_key,
        certificates.client_cert,
        certificates.client_key,
    )
    with Mosquitto(folder, certificates=named_otherwise) as broker:
        tls = {"ca_file": certificates.ca}
        connection = await connect(broker, wait=False, tls=tls)
        await until(lambda: connection.problem, "the problem is known")
        assert "not trusted" in str(connection.problem)
        assert not connection.connected
        await connect(broker, tls=tls | {"insecure": True})


async def test_a_broker_without_tls(broker: Broker, certificates: Certificates, connect: Connect) -> None:
    connection = await connect(broker, wait=False, tls={"ca_file": certificates.ca})
    await until(lambda: connection.problem, "the problem is known")
    assert "TLS" in str(connection.problem)
