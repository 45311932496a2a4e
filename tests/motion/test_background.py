"""What counts as motion in a picture, and what does not: noise, another light, a camera that shakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest

from mqttcam.imaging.raster import Plane
from mqttcam.motion.background import SETTLING, Background, Motion, shrunk
from tests.motion.scenes import HEIGHT, WIDTH, Scene, Sensor, scene, texture, with_object

LOOK = 0.2
"""Seconds from picture to picture."""
QUIET = 20
"""Pictures after which a background has long settled."""
THRESHOLD = 0.5
"""The default."""

ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def looks(pictures: Iterable[Plane], background: Background | None = None) -> list[Motion]:
    background = background or Background()
    return [background.update(shrunk(picture), LOOK) for picture in pictures]


def scores(pictures: Iterable[Plane]) -> list[float]:
    return [change.score for change in looks(pictures)]


def quiet(luma: Scene, sensor: Sensor | None = None) -> list[Plane]:
    return (sensor or Sensor()).film([luma] * QUIET)


@pytest.fixture(scope="module", params=[8, 9])
def empty(request: pytest.FixtureRequest) -> Scene:
    """A scene without anything that moves."""
    return scene(request.param)


@pytest.mark.parametrize("noise", [0, 1, 3, 8, 15])
def test_noise_is_not_motion(empty: Scene, noise: float) -> None:
    assert max(scores(Sensor(noise).film([empty] * 100))) == 0


@pytest.mark.parametrize("what", ["black", "dark", "grey", "white", "texture"])
@pytest.mark.parametrize(("width", "height"), [(60, 160), (200, 400)])
def test_passing_object_is_detected_in_nearly_every_picture(
    empty: Scene, what: str, width: int, height: int
) -> None:
    greys = {"black": 0.0, "dark": 30.0, "grey": 110.0, "white": 255.0}
    look = greys.get(what, 110 + 25 * texture(99))
    passing = [with_object(empty, 20 + 8 * step, 60, width, height, look) for step in range(50)]
    seen = scores(quiet(empty) + Sensor().film(passing))
    assert max(seen[:QUIET]) == 0
    least = 35 if what == "grey" else 47  # as the scene is itself, here and there
    assert sum(score >= THRESHOLD for score in seen[QUIET:]) >= least
    assert max(seen) <= 1.6 * 100 * width * height / (WIDTH * HEIGHT)


def rained_on(luma: Scene, random: np.random.Generator) -> Scene:
    """Bright streaks close to the lamp of the camera."""
    wet = luma.copy()
    for top, left in zip(random.integers(-40, HEIGHT, 45), random.integers(0, WIDTH, 45), strict=True):
        wet[max(0, top) : max(0, top + 50), left : left + 3] += 60
    return wet


def test_rain_is_not_motion_but_a_person_in_it_is(empty: Scene) -> None:
    random = np.random.default_rng(4)
    rain = [rained_on(empty, random) for _ in range(40)]
    walking = [rained_on(with_object(empty, 20 + 8 * step, 60, 60, 160, 20.0), random) for step in range(40)]
    seen = scores(quiet(empty) + Sensor().film(rain + walking))
    assert max(seen[: QUIET + 40]) < THRESHOLD
    assert min(seen[QUIET + 42 :]) >= THRESHOLD


def test_a_turned_picture_shows_the_same_motion(empty: Scene) -> None:
    pictures = [
        shrunk(picture)
        for picture in quiet(empty)
        + Sensor().film([with_object(empty, 8 * step, 60, 60, 160, 30.0) for step in range(30)])
    ]
    views, copies = Background(), Background()
    for picture in pictures:
        turned = picture.T[:, ::-1]
        assert not turned.flags.c_contiguous
        assert views.update(turned, LOOK) == copies.update(turned.copy(), LOOK)
    assert views.update(pictures[-1].T[:, ::-1], LOOK).score >= THRESHOLD


def test_motion_ends_soon_after_the_object_has_left(empty: Scene) -> None:
    passing = [with_object(empty, 20 + 8 * step, 60, 60, 160, 30.0) for step in range(30)]
    seen = scores(quiet(empty) + Sensor().film(passing + [empty] * 20))
    assert seen[QUIET + 29] >= THRESHOLD
    assert max(seen[QUIET + 31 :]) < THRESHOLD


def test_object_that_stays_becomes_background(empty: Scene) -> None:
    parked = with_object(empty, 100, 100, 60, 160, 30.0)
    seen = scores(quiet(empty) + Sensor().film([parked] * 60))
    assert seen[QUIET] >= THRESHOLD
    assert max(seen[QUIET + 25 :]) == 0


def test_box_bounds_what_moves(empty: Scene) -> None:
    pictures = quiet(empty) + Sensor().film([with_object(empty, 320, 120, 80, 160, 0.0)])
    box = looks(pictures)[-1].box
    assert box == pytest.approx((320 / WIDTH, 120 / HEIGHT, 80 / WIDTH, 160 / HEIGHT), abs=0.03)


LIGHT: dict[str, Callable[[Scene], Scene]] = {
    "much darker": lambda luma: luma * 0.4,
    "brighter": lambda luma: luma * 1.3,
    "much brighter": lambda luma: luma * 2,
    "less brightness": lambda luma: luma - 60,
    "more brightness": lambda luma: luma + 60,
    "lamp": lambda luma: luma * (1 + _spot(200)),
    "bright lamp": lambda luma: luma * (1 + 4 * _spot(200)),
    "small lamp": lambda luma: luma * (1 + 2 * _spot(60)),
    "light with an edge": lambda luma: luma * np.where(COLUMNS > 400, 1.8, 1).astype(np.float32),
    "shadow with an edge": lambda luma: luma * np.where(COLUMNS > 400, 0.4, 1).astype(np.float32),
    "dark room": lambda luma: luma * 0.02,
}


def _spot(size: float) -> Scene:
    distance = (COLUMNS - 500) ** 2 + (ROWS - 100) ** 2
    return np.asarray(np.exp(-distance / (2 * size**2)))


@pytest.mark.parametrize("name", LIGHT)
def test_light_that_is_switched_on_and_off_is_not_motion(empty: Scene, name: str) -> None:
    lit = LIGHT[name](empty)
    assert max(scores(quiet(empty) + Sensor().film([lit] * 20 + [empty] * 20))) == 0


def test_completely_different_picture_is_not_motion() -> None:
    slides = [picture for seed in (1, 2, 3, 4) for picture in quiet(100 + 2.5 * (scene(seed) - 110))]
    assert max(scores(slides)) == 0


def test_automatic_exposure_after_a_change_of_light_is_not_motion(empty: Scene) -> None:
    lit = [empty * (1 + 1.5 * _spot(200)) * (1 - 0.4 * (1 - np.exp(-step / 4))) for step in range(30)]
    assert max(scores(quiet(empty) + Sensor().film(lit))) == 0


def test_lamp_on_a_bare_wall_is_not_motion_but_a_person_in_front_of_it_is() -> None:
    wall = np.full((HEIGHT, WIDTH), 90, np.float32)
    lit = wall * (1 + _spot(120))
    assert max(scores(quiet(wall) + Sensor().film([lit] * 10))) == 0
    assert scores(quiet(wall) + Sensor().film([with_object(wall, 300, 100, 60, 160, 140.0)]))[-1] > THRESHOLD


def test_person_who_switches_on_the_lamp_is_detected(empty: Scene) -> None:
    lit = empty * 1.6
    walking = [with_object(lit, 100 + 8 * step, 100, 60, 160, 30.0) for step in range(10)]
    seen = scores(quiet(empty) + Sensor().film([lit, *walking]))
    assert seen[QUIET] == 0
    assert min(seen[QUIET + 1 :]) >= THRESHOLD


def test_daylight_and_clouds_are_not_motion(empty: Scene) -> None:
    daylight = [empty * (0.6 + 0.6 * step / 200) for step in range(200)]
    clouds = [empty * (1 + 0.3 * np.sin(step / 6)) for step in range(200)]
    assert max(scores(Sensor().film(daylight))) == 0
    assert max(scores(Sensor().film(clouds))) == 0


@pytest.mark.parametrize("pixels", [1, 2, 4])
def test_shaking_camera_detects_no_motion(empty: Scene, pixels: int) -> None:
    random = np.random.default_rng(1)
    shaken = [np.roll(empty, random.integers(-pixels, pixels + 1, 2), (0, 1)) for _ in range(80)]
    assert max(scores(quiet(empty) + Sensor().film(shaken))) < THRESHOLD / 2


def test_changes_of_exposure_in_the_first_pictures_are_not_motion(empty: Scene) -> None:
    first = round(SETTLING / LOOK)
    opening = [
        with_object(empty * (1 - 0.9**step), 40 * step, 60, 60, 160, 200.0) for step in range(1, first)
    ]
    background = Background()
    assert {change.box for change in looks(Sensor().film(opening), background)} == {None}
    assert not background.settled
    looks(quiet(empty), background)
    assert background.settled
    passing = [with_object(empty, 8 * step, 60, 60, 160, 30.0) for step in range(10)]
    assert looks(Sensor().film(passing), background)[-1].score >= THRESHOLD


def test_picture_of_another_size_starts_over(empty: Scene) -> None:
    background = Background()
    looks(quiet(empty), background)
    small = scene(3, 320, 180)
    assert looks(Sensor().film([small]), background) == [Motion()]
    assert not background.settled
    assert max(change.score for change in looks(Sensor().film([small] * 20), background)) == 0
    passing = [with_object(small, 8 * step, 60, 60, 100, 20.0) for step in range(10)]
    assert looks(Sensor().film(passing), background)[-1].score >= THRESHOLD


def test_place_that_always_changes_is_ignored_in_time(empty: Scene) -> None:
    random = np.random.default_rng(2)

    def clock() -> Scene:
        digits = random.choice([20, 235], (6, 16)).repeat(8, axis=0).repeat(8, axis=1)
        return with_object(empty, 20, 400, 128, 48, digits.astype(np.float32))

    seen = scores(Sensor().film([clock() for _ in range(250)]))
    assert max(seen[-50:]) < THRESHOLD


def test_gap_between_pictures_is_not_motion(empty: Scene) -> None:
    background = Background()
    looks(quiet(empty), background)
    for seconds in (0.0, 3600.0, -5.0, 0.2):
        assert background.update(shrunk(Sensor().take(empty)), seconds) == Motion()


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (160, 120),
        (320, 240),
        (640, 480),
        (1280, 720),
        (1920, 1080),
        (4056, 3040),
        (480, 640),
        (65, 49),
        (2, 2),
    ],
)
def test_cells_are_means_of_their_pixels(width: int, height: int) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, width), (height, width)).astype(np.uint8)
    cells = shrunk(ramp)
    assert max(cells.shape) <= 240
    assert cells.shape[1] / cells.shape[0] == pytest.approx(width / height, rel=0.1)
    steps = np.diff(cells.astype(int), axis=1)
    assert (steps >= 0).all()
    assert abs(int(cells[0, -1]) - 255) <= max(2, 255 / cells.shape[1] + 2)
    assert (cells == cells[0]).all()


@pytest.mark.parametrize("flip", [(1, 1), (-1, 1), (1, -1)])
def test_strided_and_reversed_planes_can_be_shrunk(empty: Scene, flip: Sequence[int]) -> None:
    padded = np.zeros((HEIGHT, WIDTH + 64), np.uint8)
    padded[:, :WIDTH] = Sensor().take(empty)
    view = padded[:, :WIDTH][:: flip[0], :: flip[1]]
    assert (shrunk(view) == shrunk(view.copy())).all()


@pytest.mark.parametrize(("width", "height"), [(2, 2), (5, 3), (16, 9)])
def test_smallest_pictures_can_be_analyzed(width: int, height: int) -> None:
    pictures = [np.full((height, width), level, np.uint8) for level in (0, 0, 255, 0, 128) * 10]
    assert all(change.score == 0 for change in looks(pictures))
