"""Labelled films for motion detection: what disturbs a detector, what it should find, and both together.

A film depends on nothing but its scene, its light and its seed. Each has the brightness of a street or a garden, a
sensor's noise, and labels: the times in which something comes, moves through the picture and leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane, Planes
from tests.bench.motion_weather import Clouds, Disturbance, Foliage, InfraredSwitch, Lamp, Rain, Torn
from tests.motion.scenes import HEIGHT, WIDTH, Scene, scene, texture

FPS = 5
SECONDS = 36.0
WARM_UP = 4.0
"""Seconds at the beginning without events, and without any disturbance that comes only once."""
_APART = 22.0
"""Seconds from one event to the next: longer than `motion.clear_after`, and than raspiCamSrv's pause."""
_LONGEST = 5.5
"""Seconds in which something is visible."""
LIGHTS = ("day", "night")


@dataclass(frozen=True)
class Label:
    """Something that moves through the picture.

    Attributes:
        start, end: seconds in which a part of it is visible.
    """

    start: float
    end: float


@dataclass(frozen=True)
class Mover:
    """A thing with a texture of its own that crosses the picture at an even speed.

    Attributes:
        start: seconds from the beginning of the film.
        speed: pixels per second; negative from right to left.
        top: row of its upper edge.
        look: its luma, rows x columns.
        shape: where it covers the scene.
        hue: what it adds to U and V.
    """

    start: float
    speed: float
    top: int
    look: Scene
    shape: NDArray[np.bool_]
    hue: tuple[float, float]

    @property
    def label(self) -> Label:
        width = self.look.shape[1]
        return Label(self.start, self.start + (WIDTH + width) / abs(self.speed))

    def left(self, seconds: float) -> int:
        """Return the column of its left edge; beside the picture before and after its time."""
        way = round((seconds - self.start) * abs(self.speed))
        return way - self.look.shape[1] if self.speed > 0 else WIDTH - way


def _cover(luma: Scene, mover: Mover, left: int) -> tuple[slice, slice, NDArray[np.bool_]] | None:
    """Draw a mover; return where it is visible."""
    height, width = mover.look.shape
    first, last = max(0, left), min(WIDTH, left + width)
    if first >= last:
        return None
    columns = slice(first - left, last - left)
    bob = round(2 * math.sin(left / 9))
    rows = slice(mover.top + bob, mover.top + bob + height)
    visible = mover.shape[:, columns]
    part = luma[rows, first:last]
    part[visible] = mover.look[:, columns][visible]
    return rows, slice(first, last), visible


@dataclass
class Film:
    """A scene, filmed.

    Attributes:
        name: its kind and its light.
        movers: what is to be found.
        disturbances: what is not, in the order in which they act.
    """

    name: str
    light: str
    seed: int
    movers: tuple[Mover, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    seconds: float = SECONDS
    _labels: tuple[Label, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._labels = tuple(mover.label for mover in self.movers)

    @property
    def labels(self) -> tuple[Label, ...]:
        return self._labels

    def pictures(self) -> Iterator[tuple[float, Planes]]:
        """Yield the time in seconds and the picture of each frame."""
        random = np.random.default_rng([self.seed, 1])
        night = self.light == "night"
        ground = _ground(self.seed, night=night)
        colour = np.zeros((2, HEIGHT // 2, WIDTH // 2), np.float32)
        if not night:
            colour[0], colour[1] = (
                10 * texture(self.seed + step, WIDTH // 2, HEIGHT // 2) for step in (3, 4)
            )
        for disturbance in self.disturbances:
            disturbance.begin(ground, random)
        for number in range(int(self.seconds * FPS)):
            seconds = number / FPS
            luma, chroma = ground.copy(), colour.copy()
            for disturbance in self.disturbances:
                luma = disturbance.on_ground(luma, seconds)
            for mover in self.movers:
                if (covered := _cover(luma, mover, mover.left(seconds))) is not None and not night:
                    _tint(chroma, *covered, mover.hue)
            for disturbance in self.disturbances:
                luma = disturbance.on_all(luma, seconds)
            planes = _exposed(luma, chroma, random, 7.0 if night else 3.0, night=night)
            for disturbance in self.disturbances:
                planes = disturbance.on_picture(planes, seconds)
            yield seconds, planes


def _ground(seed: int, *, night: bool) -> Scene:
    ground = scene(seed)
    if not night:
        return ground
    # By its own lamp, a camera sees the middle brighter, and materials in other brightness than by day.
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    away = np.hypot((columns / WIDTH - 0.5) * 1.3, rows / HEIGHT - 0.55)
    lit = np.clip(1.15 - 1.1 * away, 0.15, 1.1)
    return np.asarray((70 + 0.55 * (ground - 110)) * lit, np.float32)


def _tint(
    chroma: NDArray[np.float32],
    rows: slice,
    columns: slice,
    visible: NDArray[np.bool_],
    hue: tuple[float, float],
) -> None:
    top, left = -(-rows.start // 2), -(-columns.start // 2)
    small = visible[top * 2 - rows.start :: 2, left * 2 - columns.start :: 2]
    for plane, shade in zip(chroma, hue, strict=True):
        part = plane[top : top + small.shape[0], left : left + small.shape[1]]
        part[small[: part.shape[0], : part.shape[1]]] = shade


def _exposed(
    luma: Scene, chroma: NDArray[np.float32], random: np.random.Generator, noise: float, *, night: bool
) -> Planes:
    """Add noise, and a slight flicker of the light, round and clip."""
    luma *= np.float32(1 + 0.006 * random.standard_normal())
    luma += random.standard_normal(luma.shape, np.float32) * np.float32(noise)
    y = np.clip(luma, 0, 255).astype(np.uint8)
    if night:
        grey = np.full(chroma.shape[1:], 128, np.uint8)
        return y, grey, grey
    chroma += random.standard_normal(chroma.shape, np.float32) * np.float32(noise / 2)
    u, v = np.clip(chroma + 128, 0, 255).astype(np.uint8)
    return y, u, v


def _movers(
    random: np.random.Generator, night: bool, heights: tuple[int, int], speeds: tuple[int, int]
) -> tuple[Mover, ...]:
    """Return two things, one after the other, each visible for two seconds or more."""
    made = []
    for number in range(2):
        height = int(random.integers(*heights))
        width = int(height * random.uniform(0.4, 1.2))
        speed = float(max(random.uniform(*speeds), (WIDTH + width) / _LONGEST))
        start = WARM_UP + 0.5 + number * _APART + float(random.uniform(0, 1.5))
        level = (
            random.uniform(95, 190)
            if night
            else random.choice([random.uniform(20, 70), random.uniform(150, 220)])
        )
        look = level + 10 * texture(int(random.integers(1 << 30)), width, height)
        if night:
            look *= 0.8
        top = int(random.integers(HEIGHT // 4, max(HEIGHT // 4 + 1, HEIGHT - height - 8)))
        hue = (float(random.uniform(-25, 25)), float(random.uniform(-25, 25)))
        sign = 1 if random.random() < 0.5 else -1
        made.append(Mover(start, sign * speed, top, look.astype(np.float32), _outline(height, width), hue))
    return tuple(made)


def _outline(height: int, width: int) -> NDArray[np.bool_]:
    """Return the shape of an upright or lying body: a head and a trunk with rounded corners."""
    rows, columns = np.mgrid[0:height, 0:width]
    x, y = (columns + 0.5) / width * 2 - 1, (rows + 0.5) / height * 2 - 1
    trunk = np.abs(x) ** 4 + np.abs((y - 0.2) / 0.8) ** 4 <= 1
    head = (x / 0.45) ** 2 + ((y + 0.7) / 0.3) ** 2 <= 1
    return np.asarray(trunk | head)


SMALL_HEIGHTS, SMALL_SPEEDS = (44, 80), (80, 200)
"""An animal nearby or a person at a distance: 0.4 to 1.7 percent of the picture."""
LARGE_HEIGHTS, LARGE_SPEEDS = (150, 330), (100, 320)
_Make = Callable[[], tuple[Disturbance, ...]]
_DISTURBANCES: dict[str, _Make] = {
    "noise": tuple,
    "rain": lambda: (Rain(),),
    "lamp": lambda: (Lamp(WARM_UP + 3.0),),
    "clouds": lambda: (Clouds(),),
    "foliage": lambda: (Foliage(),),
    "torn frames": lambda: (Torn(),),
    "infrared switch": lambda: (InfraredSwitch(WARM_UP + 6.0, WARM_UP + 20.0),),
}
_WITH_MOVERS = ("noise", "rain", "clouds", "foliage", "torn frames", "lamp")


def names() -> list[str]:
    """Return the kinds of scenes."""
    alone = ["noise", *(kind for kind in _DISTURBANCES if kind != "noise")]
    small = [f"small movers, {kind}" for kind in _WITH_MOVERS]
    return [*alone, *small, *(f"large movers, {kind}" for kind in _WITH_MOVERS)]


def film(name: str, light: str, seed: int, seconds: float = SECONDS) -> Film:
    """Return the film of a kind of scene."""
    number = names().index(name)
    random = np.random.default_rng([seed, number, LIGHTS.index(light)])
    size, _, kind = name.rpartition(", ")
    movers: tuple[Mover, ...] = ()
    if size:
        heights, speeds = (
            (SMALL_HEIGHTS, SMALL_SPEEDS) if size.startswith("small") else (LARGE_HEIGHTS, LARGE_SPEEDS)
        )
        movers = _movers(random, light == "night", heights, speeds)
    made = _DISTURBANCES[kind]()
    for one in made:
        one.night = light == "night"
    return Film(f"{name}, {light}", light, seed * 1000 + number, movers, made, seconds)


__all__ = ["FPS", "LIGHTS", "SECONDS", "WARM_UP", "Film", "Label", "Mover", "Plane", "film", "names"]
