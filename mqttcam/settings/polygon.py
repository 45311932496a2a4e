"""Areas of a picture."""

from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator, Field

from mqttcam.imaging.orientation import Point
from mqttcam.settings.section import Section, refuse

MAX_POLYGONS = 50
"""Areas of one kind in a camera's picture."""
_LEAST, _MOST = 3, 100
_COUNT = f"{_LEAST} to {_MOST} points"
_ORDER = "the corners in order around the area"
_SMALLEST = 1e-6
"""Share of the picture; less than one of its pixels."""


def _area(points: tuple[Point, ...]) -> tuple[Point, ...]:
    if not _LEAST <= len(points) <= _MOST:
        raise refuse(f"has {len(points)} points", _COUNT)
    sides = list(zip(points, (*points[1:], points[0]), strict=True))
    # In any other order than around it, the corners of a rectangle would leave two parts of it visible.
    if any(_cross(*first, *second) for first, second in combinations(sides, 2)):
        raise refuse("crosses itself", _ORDER)
    if abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2 < _SMALLEST:
        raise refuse("has no area", f"{_COUNT} that are not on one line")
    return points


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether the line from `a` to `b` and that from `c` to `d` cross; touching does not count."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, c: Point) -> float:
    """Return on which side of the line through `a` and `b` the point `c` is, by the sign."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[tuple[tuple[Share, Share], ...], AfterValidator(_area)]


class Polygon(Section):
    """An area of the picture as it is shown, after rotation and mirroring."""

    points: Points = Field(
        description="At least 3 corners `[x, y]` in order around the area, from the left and from the top, as "
        "shares of the picture's sides: `[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]` is the left half."
    )
