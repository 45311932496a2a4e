"""What controls do, in words, and which depend on others."""

from __future__ import annotations

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.control_dependencies import Automatic, automatic_of, requirement_of
from mqttcam.camera.control_help import _HELP, EXPERT, EXPOSURE, FOCUS, OTHER, PICTURE, control_help
from mqttcam.values import Choice, Number, Switch, ValueKind

EXPOSURE_TIME = Number(0, 66_000, integer=True, words=(("auto", 0),), manual_minimum=9)


def controls(**kinds: ValueKind) -> dict[str, Control]:
    found = [Control(name, kind) for name, kind in kinds.items()]
    return {control.key: control for control in found}


def automatic(key: str, **kinds: ValueKind) -> Automatic | None:
    known = controls(**kinds)
    return automatic_of(known[key], known)


def test_texts_are_sentences() -> None:
    for key, one in _HELP.items():
        assert one.text[0].isupper(), key
        assert one.text.endswith("."), key
        assert all(word and word == word.strip() for word in one.synonyms), key


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("exposure_value", EXPOSURE),
        ("manual_shutter_speed", EXPOSURE),
        ("af_assist_lamp", FOCUS),
        ("vivid_saturation", PICTURE),
        ("speciality", OTHER),
    ],
)
def test_the_group_of_a_control(key: str, group: str) -> None:
    assert control_help(key).group == group


def test_a_raw_control_is_for_experts_and_keeps_its_text() -> None:
    raw = control_help("colour_gains", raw=True)
    assert (raw.group, raw.text) == (EXPERT, control_help("colour_gains").text)


def test_0_means_automatic_where_the_kind_has_the_word() -> None:
    known = controls(ExposureTime=EXPOSURE_TIME, AnalogueGain=Number(1, 16))
    assert automatic_of(known["exposure_time"], known) == Automatic("exposure_time", (0,), 0, None, 9)
    assert automatic_of(known["analogue_gain"], known) is None


def test_a_switch_decides_who_chooses() -> None:
    gain = Number(0.1, 32)
    found = automatic("colour_gain_red", AwbEnable=Switch(), ColourGainRed=gain)
    assert found == Automatic("awb_enable", ("ON",), "ON", "OFF")
    assert automatic("colour_gain_red", ColourGainRed=gain) is None, "no such switch"


def test_an_option_decides_who_chooses() -> None:
    lens = Number(0, 15, unit="dpt")
    found = automatic("lens_position", AfMode=Choice(("Manual", "Auto", "Continuous")), LensPosition=lens)
    assert found == Automatic("af_mode", ("Auto", "Continuous"), "Continuous", "Manual")
    assert automatic("lens_position", AfMode=Choice(("Manual", "Fixed")), LensPosition=lens) == Automatic(
        "af_mode", ("Fixed",), "Fixed", "Manual"
    )
    assert automatic("lens_position", AfMode=Choice(("Auto", "Continuous")), LensPosition=lens) is None


def test_webcams() -> None:
    time = Number(1, 5000, integer=True)
    modes = Choice(("Manual Mode", "Aperture Priority Mode"))
    for mode, key in (("AutoExposure", "ExposureTimeAbsolute"), ("ExposureAuto", "ExposureAbsolute")):
        kinds: dict[str, ValueKind] = {mode: modes, key: time}
        known = controls(**kinds)
        mode_key, time_key = known
        assert automatic_of(known[time_key], known) == Automatic(
            mode_key, ("Aperture Priority Mode",), "Aperture Priority Mode", "Manual Mode"
        )
    found = automatic(
        "white_balance_temperature",
        WhiteBalanceAutomatic=Switch(),
        WhiteBalanceTemperature=Number(2800, 6500),
    )
    assert found == Automatic("white_balance_automatic", ("ON",), "ON", "OFF")


def test_what_a_control_needs_to_have_an_effect() -> None:
    known = controls(
        AeEnable=Switch(), ExposureValue=Number(-8, 8), AfPause=Choice(("Immediate", "Resume")),
        AfMode=Choice(("Manual", "Auto")), AfRange=Choice(("Normal", "Macro")), AwbMode=Choice(("Auto", "Indoor")),
    )  # fmt: skip
    needs = {key: requirement_of(control, known) for key, control in known.items()}
    value, range_ = needs["exposure_value"], needs["af_range"]
    assert value is not None
    assert range_ is not None
    assert (value.key, value.values) == ("ae_enable", ("ON",))
    assert (range_.key, range_.values) == ("af_mode", ("Auto",)), "the options that the camera has"
    assert needs["awb_mode"] is None, "it has no automatic white balance to switch off"
    assert needs["af_pause"] is None, "it can never be paused"
    assert needs["ae_enable"] is None
