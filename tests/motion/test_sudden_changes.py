"""Much of the picture differs at once: damaged pictures and the switch of an infrared filter are not motion."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from mqttcam.imaging.raster import Plane
from mqttcam.motion.background import Background, shrunk
from tests.motion.scenes import Scene, Sensor, in_infrared, scene, torn, with_bright_foliage, with_object

LOOK = 0.2
QUIET = 20
THRESHOLD = 0.5
"""The default."""


@pytest.fixture(scope="module", params=[8, 9])
def empty(request: pytest.FixtureRequest) -> Scene:
    """A scene without anything that moves."""
    return scene(request.param)


def scores(pictures: Iterable[Plane], seconds: float = LOOK) -> list[float]:
    background = Background()
    return [background.update(shrunk(picture), seconds).score for picture in pictures]


def quiet(luma: Scene, noise: float = 3) -> list[Plane]:
    return Sensor(noise).film([luma] * QUIET)


DAMAGE: dict[str, Callable[[Scene], Scene]] = {
    "grey": lambda luma: torn(luma, 0),
    "green": lambda luma: np.full_like(luma, 75),
    "black": lambda luma: np.zeros_like(luma),
    "white": lambda luma: np.full_like(luma, 255),
    "upper half": lambda luma: torn(luma, 0.5),
    "three quarters": lambda luma: torn(luma, 0.75),
    "six sevenths": lambda luma: torn(luma, 6 / 7),
    "moved down": lambda luma: np.roll(luma, 100, 0),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_picture_now_and_then_is_not_motion(empty: Scene, name: str) -> None:
    film = [DAMAGE[name](empty) if number % 8 == 4 else empty for number in range(60)]
    assert max(scores(quiet(empty) + Sensor().film(film))) < THRESHOLD


@pytest.mark.parametrize("turns", range(4))
def test_several_pictures_that_are_cut_off_one_after_the_other_are_not_motion(
    empty: Scene, turns: int
) -> None:
    """A camera that is turned has the missing part at any side."""
    cut = [torn(empty, whole) for whole in (0.6, 0.75, 0.9, 0.65, 0.8)]
    film = quiet(empty) + Sensor().film([*cut, empty, empty, empty])
    # What is missing has no noise.
    for number, luma in enumerate(cut):
        missing = luma == 128
        film[QUIET + number][missing] = 128
    assert max(scores([np.rot90(picture, turns) for picture in film])) == 0


def test_a_picture_that_gets_a_border_for_good_is_learned(empty: Scene) -> None:
    walking = [with_object(empty, 20 + 8 * step, 60, 60, 160, 20.0) for step in range(60)]
    film = Sensor().film([empty] * 60 + walking)
    for picture in film:
        picture[-40:] = 0
    seen = scores(quiet(empty) + film)
    assert max(seen[: QUIET + 60]) == 0
    assert min(seen[QUIET + 63 :]) >= THRESHOLD


def test_motion_is_detected_between_damaged_pictures(empty: Scene) -> None:
    walking = [with_object(empty, 20 + 8 * step, 60, 60, 160, 20.0) for step in range(48)]
    film = [torn(luma, 0.4) if step % 8 == 4 else luma for step, luma in enumerate(walking)]
    seen = scores(quiet(empty) + Sensor().film(film))[QUIET:]
    whole = [score for step, score in enumerate(seen) if step % 8 != 4]
    assert min(whole) >= THRESHOLD
    assert max(whole) < 10


INFRARED: dict[str, Callable[[Scene], Scene]] = {
    "all materials": in_infrared,
    "all materials, darker": lambda luma: in_infrared(luma) * 0.5,
    "much foliage": lambda luma: with_bright_foliage(luma, 0.4),
    "some foliage": lambda luma: with_bright_foliage(luma, 0.9),
    "little foliage": lambda luma: with_bright_foliage(luma, 1.2),
}


@pytest.mark.parametrize("name", INFRARED)
def test_the_switch_of_an_infrared_filter_is_not_motion(empty: Scene, name: str) -> None:
    after = INFRARED[name](empty)
    assert max(scores(quiet(empty) + quiet(after, 6) + quiet(empty))) < THRESHOLD


@pytest.mark.parametrize("name", ["all materials", "much foliage"])
def test_contrast_that_adapts_after_the_switch_is_not_motion(empty: Scene, name: str) -> None:
    after = INFRARED[name](empty)
    adapting = [110 + (after - 110) * (1 - 0.5 * 0.6**step) for step in range(12)]
    assert max(scores(quiet(empty) + Sensor(6).film(adapting) + quiet(after, 6))) < THRESHOLD


@pytest.mark.parametrize("name", INFRARED)
def test_motion_is_detected_in_infrared_light(empty: Scene, name: str) -> None:
    after = INFRARED[name](empty)
    walking = [with_object(after, 150 + 8 * step, 200, 60, 160, 5.0) for step in range(30)]
    seen = scores(quiet(empty) + Sensor(6).film([after] * 3 + walking))
    assert sum(score >= THRESHOLD for score in seen[QUIET + 3 :]) >= 28


@pytest.mark.parametrize("step", [8, 20, 60, 120])
def test_something_large_that_comes_at_once_is_detected_in_the_next_picture(empty: Scene, step: int) -> None:
    passing = [with_object(empty, 20 + step * number, 40, 200, 400, 20.0) for number in range(4)]
    seen = scores(quiet(empty) + Sensor().film(passing))[QUIET:]
    assert seen[0] == 0
    assert min(seen[1:]) > 10


def test_slow_detection_does_not_wait_for_the_next_picture(empty: Scene) -> None:
    seen = scores(quiet(empty) + Sensor().film([with_object(empty, 100, 40, 200, 400, 20.0)]), seconds=2)
    assert seen[-1] > 10
