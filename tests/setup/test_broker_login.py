"""Logins at a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.setup.answers import BrokerLogin
from mqttcam.setup.broker_login import LoginFailed, LoginTiming, check_login
from tests.support.broker import Mosquitto
from tests.support.certificates import Certificates
from tests.support.waiting import HOST, free_port


async def refused(login: BrokerLogin, timing: LoginTiming | None = None) -> tuple[str, str]:
    with pytest.raises(LoginFailed) as caught:
        await check_login(login.settings(), timing)
    return str(caught.value), caught.value.field


async def test_a_login(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, password="right") as broker:
        await check_login(BrokerLogin(HOST, broker.port, "mqttcam", "right").settings())
        for login in (BrokerLogin(HOST, broker.port), BrokerLogin(HOST, broker.port, "mqttcam", "wrong")):
            text, field = await refused(login)
            assert "does not accept mqtt.username and mqtt.password" in text
            assert field == "username"
        broker.pause()
        text, field = await refused(BrokerLogin(HOST, broker.port), LoginTiming(connack=0.1, total=20))
        broker.resume()
        assert (text.partition(";")[0], field) == ("no CONNACK within 0.1 s", "broker")


async def test_no_broker_there() -> None:
    text, field = await refused(BrokerLogin(HOST, free_port()))
    assert text.startswith("Connection refused: is the broker running")
    assert field == "broker"


async def test_a_password_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("right\n")
    with Mosquitto(tmp_path / "broker", password="right") as broker:
        await check_login(BrokerLogin(HOST, broker.port, "mqttcam", password_file=file).settings())


async def test_tls(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path / "certificates")
    with Mosquitto(tmp_path / "broker", certificates=certificates) as broker:
        await check_login(BrokerLogin(HOST, broker.port, tls=True, ca_file=certificates.ca).settings())
        text, field = await refused(BrokerLogin(HOST, broker.port, tls=True))
        assert "is not trusted" in text
        assert field == "ca_file"
