"""What disturbs motion detection: rain, lamps, clouds, foliage, infrared filters, broken pictures."""

from __future__ import annotations

import math

import numpy as np

from mqttcam.imaging.raster import Planes
from tests.motion.scenes import HEIGHT, WIDTH, Scene, in_infrared, texture


class Disturbance:
    """Something that changes pictures although nothing in them moves that is to be found.

    Attributes:
        night: whether it happens in the light of the camera's infrared lamp.
    """

    night = False
    random: np.random.Generator

    def begin(self, ground: Scene, random: np.random.Generator) -> None:
        """Prepare for a film of a scene."""
        self.random = np.random.default_rng(random.integers(1 << 30))

    def on_ground(self, luma: Scene, seconds: float) -> Scene:
        """Return the scene without what moves before it; may be changed in place."""
        return luma

    def on_all(self, luma: Scene, seconds: float) -> Scene:
        """Return the scene with what moves before it; may be changed in place."""
        return luma

    def on_picture(self, planes: Planes, seconds: float) -> Planes:
        """Return the picture as it is received."""
        return planes


class Rain(Disturbance):
    """Streaks, more of them in gusts; by the lamp at night fewer, but broad and bright ones near the camera."""

    def on_all(self, luma: Scene, seconds: float) -> Scene:
        random = self.random
        heavy = 1 + 0.6 * math.sin(seconds * 0.7)
        count = int((50 if self.night else 160) * heavy)
        lengths = random.integers(20, 70, count) if self.night else random.integers(8, 26, count)
        widths = random.integers(1, 4, count) if self.night else random.integers(1, 3, count)
        bright = random.uniform(25, 90, count) if self.night else random.uniform(8, 30, count)
        tops, lefts = random.integers(-30, HEIGHT, count), random.integers(0, WIDTH, count)
        for top, left, length, width, level in zip(tops, lefts, lengths, widths, bright, strict=True):
            luma[max(0, top) : max(0, top + length), left : left + width] += np.float32(level)
        return luma


class Lamp(Disturbance):
    """A lamp beside the scene that is switched on and off again; it lights a part of it, with soft edges."""

    def __init__(self, first: float, lasts: float = 9.0) -> None:
        self._first, self._lasts = first, lasts

    def begin(self, ground: Scene, random: np.random.Generator) -> None:
        super().begin(ground, random)
        x, y = self.random.uniform(0, WIDTH), self.random.uniform(0, HEIGHT)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        reach = np.float32(self.random.uniform(120, 300))
        away = ((columns - np.float32(x)) ** 2 + (rows - np.float32(y)) ** 2) / reach**2
        self._light = np.asarray(np.exp(-away) * self.random.uniform(0.3, 1.0), np.float32)

    def on_all(self, luma: Scene, seconds: float) -> Scene:
        phase = (seconds - self._first) % (2 * self._lasts)
        if seconds < self._first or phase >= self._lasts:
            return luma
        warm = min(1.0, 0.6 + phase)
        luma *= 1 + np.float32(warm) * self._light
        return luma


class Clouds(Disturbance):
    """Shadows of clouds with soft edges that drift through the picture; at night they dim the moon a little."""

    def begin(self, ground: Scene, random: np.random.Generator) -> None:
        super().begin(ground, random)
        rows, columns = np.fft.fftfreq(HEIGHT)[:, None] * HEIGHT, np.fft.rfftfreq(WIDTH)[None, :] * WIDTH
        frequency = np.hypot(rows, columns)
        frequency[0, 0] = 1
        noise = self.random.standard_normal((2, *frequency.shape))
        field = np.fft.irfft2((noise[0] + 1j * noise[1]) / frequency**2.6, s=(HEIGHT, WIDTH))
        field = np.clip((field - field.mean()) / field.std() + 0.5, 0, 1.5) / 1.5
        self._shade = np.asarray(field * (0.15 if self.night else 0.45), np.float32)
        self._speed = float(self.random.uniform(20, 70))

    def on_all(self, luma: Scene, seconds: float) -> Scene:
        luma *= 1 - np.roll(self._shade, int(seconds * self._speed), 1)
        return luma


class Foliage(Disturbance):
    """Twigs and leaves at a side of the picture that sway in gusts of wind."""

    def begin(self, ground: Scene, random: np.random.Generator) -> None:
        super().begin(ground, random)
        detail = texture(int(self.random.integers(1 << 30)))
        # Leaves are small: only the fine detail of the texture.
        fine = (
            detail
            - (
                np.roll(detail, 9, 0)
                + np.roll(detail, -9, 0)
                + np.roll(detail, 9, 1)
                + np.roll(detail, -9, 1)
            )
            / 4
        )
        level = 95 if self.night else 80
        self._leaves = np.asarray(level + 16 * fine / fine.std(), np.float32)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        self._crowns = []
        for _ in range(3):
            x = self.random.choice([self.random.uniform(0, 0.25), self.random.uniform(0.75, 1)]) * WIDTH
            y = self.random.uniform(0, 0.45) * HEIGHT
            wide, high = self.random.uniform(50, 130), self.random.uniform(50, 110)
            ragged = 0.25 * texture(int(self.random.integers(1 << 30)))
            inside = ((columns - np.float32(x)) / wide) ** 2 + (
                (rows - np.float32(y)) / high
            ) ** 2 + ragged < 1
            self._crowns.append((np.asarray(inside), *self.random.uniform(0, 6, 2)))

    def on_ground(self, luma: Scene, seconds: float) -> Scene:
        gust = 0.35 + 0.65 * max(0.0, math.sin(seconds * 0.45)) ** 2
        for inside, phase, other in self._crowns:
            aside = 5 * gust * (math.sin(seconds * 2.6 + phase) + 0.5 * math.sin(seconds * 5.3 + other))
            down = 2 * gust * math.sin(seconds * 3.4 + other)
            shift = round(down), round(aside)
            moved = np.roll(inside, shift, (0, 1))
            luma[moved] = np.roll(self._leaves, shift, (0, 1))[moved]
        return luma


class InfraredSwitch(Disturbance):
    """A camera that changes to infrared light and back, whose exposure then takes a second to settle."""

    def __init__(self, first: float, second: float) -> None:
        self._first, self._second = first, second

    def begin(self, ground: Scene, random: np.random.Generator) -> None:
        super().begin(ground, random)
        self._other = in_infrared(ground)

    def on_all(self, luma: Scene, seconds: float) -> Scene:
        if not self._first <= seconds < self._second:
            return luma
        since = min(seconds - self._first, 20.0)
        exposure = np.float32(1 + 0.8 * math.exp(-since / 0.4))
        return self._other * exposure


class Torn(Disturbance):
    """Now and then a picture that is damaged: cut off, moved, or of one colour."""

    def on_picture(self, planes: Planes, seconds: float) -> Planes:
        if seconds < 4 or self.random.random() > 0.1:
            return planes
        y, u, v = (plane.copy() for plane in planes)
        rows = int(self.random.uniform(0.1, 0.9) * HEIGHT) // 2 * 2
        kind = self.random.integers(3)
        if kind == 0:
            y[rows:], u[rows // 2 :], v[rows // 2 :] = 128, 128, 128
        elif kind == 1:
            y, u, v = (np.roll(plane, len(plane) // 4, 0) for plane in (y, u, v))
        else:
            level = self.random.choice([0, 75, 128, 255])
            y[:], u[:], v[:] = level, 128, 128
        return y, u, v
