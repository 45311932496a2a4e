"""Zones and masks of motion detection: which cells they have, what is left out, and what each zone scores."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from mqttcam.imaging.raster import Plane
from mqttcam.motion.areas import NO_AREAS, Areas
from mqttcam.motion.background import NO_MOTION, Background, Motion, shrunk
from tests.motion.scenes import HEIGHT, WIDTH, Scene, Sensor, scene, texture, with_object

LOOK = 0.2
QUIET = 20
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
ALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
EMPTY = scene()
COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH][1]


def looks(pictures: Iterable[Plane], areas: Areas) -> list[Motion]:
    """Return the motion in pictures that come after a quiet scene."""
    background = Background(areas=areas)
    quiet = Sensor().film([EMPTY] * QUIET)
    assert [background.update(shrunk(picture), LOOK) for picture in quiet] == [NO_MOTION] * QUIET
    return [background.update(shrunk(picture), LOOK) for picture in pictures]


def walking(first: int, last: int, luma: Scene = EMPTY) -> list[Plane]:
    """Something dark of 60 x 160 pixels goes through the picture."""
    return Sensor().film(with_object(luma, left, 100, 60, 160, 20.0) for left in range(first, last, 8))


def test_cells_of_a_polygon() -> None:
    cells = Areas({"gate": ((0.25, 0.5), (0.74, 0.5), (0.74, 0.99), (0.25, 0.99))}).cells(8, 8)
    assert cells.unmasked is None
    (zone,) = cells.zones
    assert zone.box == (slice(4, 8), slice(2, 6))
    assert zone.cells.all()
    assert (zone.name, zone.count, cells.count) == ("gate", 16, 64)


def test_a_zone_has_no_masked_cells() -> None:
    cells = Areas({"gate": ALL, "road": ((0.1, 0.1), (0.4, 0.1), (0.4, 0.9))}, [LEFT]).cells(8, 8)
    assert cells.unmasked is not None
    assert cells.count == np.count_nonzero(cells.unmasked) == 24
    assert [(zone.name, zone.count) for zone in cells.zones] == [("gate", 24)]


def test_what_is_masked_is_not_motion() -> None:
    pictures = walking(20, 200)
    assert min(found.score for found in looks(pictures, NO_AREAS)) > 1
    assert looks(pictures, Areas(masks=[LEFT])) == [NO_MOTION] * len(pictures)


def test_the_score_is_of_what_is_not_masked() -> None:
    pictures = walking(400, 500)
    whole = [found.score for found in looks(pictures, NO_AREAS)]
    half = [found.score for found in looks(pictures, Areas(masks=[LEFT]))]
    assert half == pytest.approx([2 * score for score in whole], rel=0.1)


def test_the_box_is_of_what_is_not_masked() -> None:
    (found,) = looks(Sensor().film([with_object(EMPTY, 280, 100, 120, 80, 20.0)]), Areas(masks=[LEFT]))
    assert found.box is not None
    left, _, width, _ = found.box
    assert (left, left + width) == pytest.approx((0.5, 400 / WIDTH), abs=0.02)


def test_light_is_told_from_motion_by_what_is_not_masked() -> None:
    """Foliage in the sun fills two thirds of the picture; it must hide no person, and make no alarm beside it."""
    mask = ((0.0, 0.0), (0.65, 0.0), (0.65, 1.0), (0.0, 1.0))
    foliage = [
        np.where(COLUMNS < 0.64 * WIDTH, 110 + 60 * texture(step), EMPTY).astype(np.float32)
        for step in range(12)
    ]
    areas = Areas(masks=[mask])
    assert looks(Sensor().film(foliage), areas) == [NO_MOTION] * len(foliage)
    person = [with_object(luma, 440 + 8 * step, 100, 60, 160, 20.0) for step, luma in enumerate(foliage)]
    assert min(found.score for found in looks(Sensor().film(person), areas)) > 3


def test_light_that_changes_beside_a_mask_is_not_motion() -> None:
    lit = Sensor().film([EMPTY * 1.8] * 5 + [EMPTY] * 5)
    assert looks(lit, Areas({"gate": RIGHT}, [LEFT])) == [NO_MOTION] * 10


def test_a_picture_that_is_masked_as_a_whole_has_no_motion() -> None:
    pictures = walking(20, 500)
    assert looks(pictures, Areas({"gate": LEFT}, [ALL])) == [NO_MOTION] * len(pictures)


def test_each_zone_has_a_score_of_its_own() -> None:
    small = ((0.7, 0.2), (0.8, 0.2), (0.8, 0.6), (0.7, 0.6))
    areas = Areas({"left": LEFT, "right": RIGHT, "small": small})
    (at_left,) = looks(walking(100, 101), areas)
    ((name, score),) = at_left.zones
    assert name == "left"
    assert score == pytest.approx(2 * at_left.score, rel=0.1)
    (at_right,) = looks(walking(450, 451), areas)
    assert [zone for zone, _ in at_right.zones] == ["small", "right"], "the highest score first"
    (between,) = looks(walking(290, 291), areas)
    assert {zone for zone, _ in between.zones} == {"left", "right"}


def test_no_polygon_is_drawn_without_zones_and_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqttcam.motion.areas.touched_cells", lambda *_: pytest.fail("a polygon was drawn"))
    assert looks(walking(20, 30), NO_AREAS)[0].zones == ()


def test_polygons_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    areas = Areas({"left": LEFT}, [RIGHT])
    cells, drawn = areas.cells, []

    def counted(rows: int, columns: int) -> object:
        drawn.append((rows, columns))
        return cells(rows, columns)

    monkeypatch.setattr(areas, "cells", counted)
    looks(walking(20, 100), areas)
    assert drawn == [(120, 160)]
