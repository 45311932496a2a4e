"""The hints for typing errors."""

from __future__ import annotations

import pytest

from mqttcam.cli import main
from mqttcam.settings import SettingsError, find_config, load
from mqttcam.settings.loading.environment import configuring


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], "there is no command rnu: did you mean run?"),
        (["xyz"], "there is no command xyz; the commands are run, demo, check, "),
        (["help"], "there is no command help: did you mean -h?"),
        (["start"], "there is no command start: did you mean run?"),
        ([], "no command is given; `mqttcam demo` shows what it does, `mqttcam -h` lists the commands"),
        (
            ["run", "--port", "80"],
            "--port 80; settings are in the configuration file, or in variables such as MQTTCAM__MQTT__HOST",
        ),
        (["check", "config.yaml"], "a configuration file is given with -c: -c config.yaml"),
    ],
)
def test_arguments(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_variable_with_single_underscores_names_the_right_one() -> None:
    environ = {"MQTTCAM_MQTT_HOST": "broker"}
    assert find_config(None, environ, files=()) is None
    with pytest.raises(
        SettingsError, match=r"MQTTCAM_MQTT_HOST: unknown variable \(did you mean MQTTCAM__MQTT__HOST\?\)"
    ):
        load(None, environ)


@pytest.mark.parametrize(
    "name", ["MQTTCAM_SERVICE_HOST", "MQTTCAM_PORT", "MQTTCAM_WEB_PORT_8080_TCP_ADDR", "MQTTCAM_FROM_DOTENV"]
)
def test_variables_of_others_stay_unmentioned(name: str) -> None:
    assert not configuring({name: "x"})
