"""The file: valid, in block style, with comments, and with every value as it was answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.settings import load
from mqttcam.setup.answers import BrokerLogin, CameraAnswer, SetupAnswers, User
from mqttcam.setup.configuration_text import configuration_text
from mqttcam.setup.written_file import check_text
from mqttcam.web.passwords import Cost, hash_password
from tests.settings.cases import UNHURRIED, loaded

FILE = Path("/etc/mqttcam/config.yaml")
FRONT = CameraAnswer("front", "Front door", {"type": "test_pattern"}, "1280x720")
YARD = CameraAnswer("yard", "Yard: 'north' #1", {"type": "url", "url": "rtsp://a:b@c.lan/s?x=1&y= 2"})
USER = User("anna", hash_password("secret", Cost(2, 1, 1)))
ALL = SetupAnswers(
    "pi",
    [FRONT, YARD],
    BrokerLogin("broker.lan", 1884, "cam", "p: #{}'\"ä\\", tls=True),
    USER,
    8080,
    recordings=True,
)


def test_the_answers_are_in_the_settings(tmp_path: Path) -> None:
    settings = loaded(tmp_path, configuration_text(ALL, FILE))
    assert settings.node == "pi"
    mqtt = settings.mqtt
    assert mqtt is not None
    assert mqtt.password is not None
    assert (mqtt.host, mqtt.port, mqtt.username) == ("broker.lan", 1884, "cam")
    assert (mqtt.password.get_secret_value(), mqtt.tls is not None) == ("p: #{}'\"ä\\", True)
    assert (settings.web.host, settings.web.port, list(settings.web.users)) == ("0.0.0.0", 8080, ["anna"])
    front, yard = settings.cameras.values()
    assert (front.name, str(front.size), front.record is not None) == ("Front door", "1280x720", True)
    assert (yard.name, yard.source.type, yard.size) == ("Yard: 'north' #1", "url", None)


def test_the_file_is_in_block_style_with_comments() -> None:
    """Programs and people edit it later."""
    text = configuration_text(ALL, FILE)
    lines = text.splitlines()
    assert not [line for line in lines if not line.lstrip().startswith("#") and ": {" in line]
    assert all(len(line) <= 120 for line in lines)
    assert "mqttcam check -c /etc/mqttcam/config.yaml" in text
    for section in ("node:", "mqtt:", "web:", "recordings:", "cameras:"):
        assert lines[lines.index(next(line for line in lines if line.startswith(section))) - 1].startswith(
            "#"
        )


@pytest.mark.parametrize(
    "answers",
    [
        SetupAnswers("pi", [FRONT], "embedded"),
        SetupAnswers("pi", [], "none", web_port=8080),
        SetupAnswers("123", [FRONT], BrokerLogin("broker.lan"), None, 8080),
    ],
)
def test_each_choice_is_valid(answers: SetupAnswers) -> None:
    check_text(configuration_text(answers, FILE))


def test_without_a_user_the_page_is_for_this_machine(tmp_path: Path) -> None:
    answers = SetupAnswers("pi", [FRONT], "none", web_port=8081)
    web = loaded(tmp_path, configuration_text(answers, FILE)).web
    assert (web.enabled, web.host, web.port) == (True, "127.0.0.1", 8081)


@UNHURRIED
@given(name=st.text(min_size=1, max_size=100), secret=st.text(min_size=1, max_size=30))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, name: str, secret: str
) -> None:
    if "${" in secret or "{{" in secret or not name.strip() or not secret.strip():
        return  # placeholders and empty values are refused, in every file
    answers = SetupAnswers(
        "pi", [CameraAnswer("a", name, {"type": "test_pattern"})], BrokerLogin("b", None, "u", secret)
    )
    path = tmp_path_factory.mktemp("any") / "config.yaml"
    path.write_text(configuration_text(answers, FILE), encoding="utf-8", newline="")
    settings = load(path, {})
    assert settings.mqtt is not None
    assert settings.mqtt.password is not None
    assert (settings.cameras["a"].name, settings.mqtt.password.get_secret_value()) == (name, secret)
