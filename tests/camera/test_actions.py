"""Actions of a camera: carried out once, never stored, never repeated; and libcamera's own names of controls."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mqttcam.camera.control import Action, Control
from mqttcam.camera.status import CameraUnavailable
from mqttcam.values import Choice, InvalidValue, Number, Value, Vector
from tests.camera.broken import Broken, Hardware
from tests.camera.conftest import MakeCamera
from tests.support.cameras import running

FOCUS = Action("Autofocus", "AfTrigger", "Start")
CONTROLS = (
    Control("AfMode", Choice(("Manual", "Auto")), "Manual"),
    Control("ColourGain", Number(0, 8)),
    Control("ColourGains", Vector(Number(0, 8), 2), raw=True),
)


class Focusing(Broken):
    """A camera that focuses, and whose gains end automatic white balance."""

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        super().apply(values)
        if "AfTrigger" in values:
            return {**values, "AfMode": "Auto"}
        return {**values, "ColourGain": None} if "ColourGains" in values else values


@pytest.fixture
def hardware() -> Hardware:
    return Hardware(controls=CONTROLS, actions=(FOCUS,))


async def test_action_is_done_once_and_its_resulting_values_are_kept(
    make_camera: MakeCamera, hardware: Hardware
) -> None:
    camera = make_camera(hardware, make_source=lambda wake: Focusing(hardware, wake))
    camera.start()
    await running(camera)
    assert camera.actions == {"autofocus": FOCUS}
    assert await camera.act(FOCUS) == {"af_mode": "Auto"}
    assert camera.values == {"af_mode": "Auto", "colour_gain": None, "colour_gains": None}
    assert hardware.applied == [{"AfTrigger": "Start"}]
    await camera.restart()
    assert hardware.applied == [{"AfTrigger": "Start"}, {"AfMode": "Auto"}]
    assert camera.values["af_mode"] == "Auto"


async def test_refused_action_changes_nothing(make_camera: MakeCamera, hardware: Hardware) -> None:
    camera = make_camera(hardware, make_source=lambda wake: Focusing(hardware, wake))
    with pytest.raises(CameraUnavailable):
        await camera.act(FOCUS)
    camera.start()
    await running(camera)
    hardware.fail("apply", InvalidValue("the lens is stuck"))
    with pytest.raises(InvalidValue, match="the lens is stuck"):
        await camera.act(FOCUS)


@pytest.mark.parametrize("name", ["AfTrigger", "af_trigger", "Autofocus"])
async def test_action_cannot_be_configured_as_a_control(
    make_camera: MakeCamera, hardware: Hardware, name: str
) -> None:
    camera = make_camera(
        hardware,
        make_source=lambda wake: Focusing(hardware, wake),
        settings={"controls": {name: "Start"}},
    )
    camera.start()
    await running(camera)
    assert camera.last_error == f"{name} is an action and has no value; use the command autofocus"
    assert hardware.applied == []


async def test_raw_control_is_set_like_any_other(make_camera: MakeCamera, hardware: Hardware) -> None:
    camera = make_camera(
        hardware,
        make_source=lambda wake: Focusing(hardware, wake),
        settings={"controls": {"ColourGain": 2, "ColourGains": [1, 2]}},
    )
    camera.start()
    await running(camera)
    assert camera.values == {"af_mode": "Manual", "colour_gain": None, "colour_gains": (1.0, 2.0)}


async def test_value_that_is_automatic_again_is_not_set_after_a_restart(
    make_camera: MakeCamera, hardware: Hardware
) -> None:
    camera = make_camera(hardware, make_source=lambda wake: Focusing(hardware, wake))
    camera.start()
    await running(camera)
    await camera.apply({"colour_gain": 2.0})
    await camera.apply({"colour_gains": (1.0, 2.0)})
    hardware.applied.clear()
    await camera.restart()
    assert hardware.applied == [{"ColourGains": (1.0, 2.0)}]


async def test_error_of_an_unknown_control_lists_no_raw_controls(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware(controls=CONTROLS), settings={"controls": {"Gain": 2}})
    camera.start()
    await running(camera)
    assert camera.last_error == "no control Gain; this camera has AfMode, ColourGain"
