"""How a picture is turned and mirrored between the pixels as they are stored and the picture as it is shown."""

from __future__ import annotations

from typing import NamedTuple

Point = tuple[float, float]
"""From the left and from the top, as shares of the picture's sides."""


class Orientation(NamedTuple):
    """A quarter turn, then mirroring; together they give all eight orientations.

    Attributes:
        turned: whether the picture is turned by 90 degrees clockwise, which swaps its sides.
        hflip, vflip: whether it is mirrored horizontally and vertically, after the turn.
    """

    turned: bool = False
    hflip: bool = False
    vflip: bool = False

    def then(self, other: Orientation) -> Orientation:
        """Return the orientation that has the effect of both, this one first."""
        if not other.turned:
            return Orientation(self.turned, self.hflip is not other.hflip, self.vflip is not other.vflip)
        # A turn makes rows of columns; two of them are a rotation by 180 degrees, which mirrors both ways.
        hflip, vflip = self.vflip is not self.turned, self.hflip is not self.turned
        return Orientation(not self.turned, hflip is not other.hflip, vflip is not other.vflip)

    def inverse(self) -> Orientation:
        """Return the orientation that undoes this one."""
        if not self.turned:
            return self
        return Orientation(True, not self.vflip, not self.hflip)

    def point(self, point: Point) -> Point:
        """Return where a point of the stored picture is in the picture as it is shown."""
        x, y = (1 - point[1], point[0]) if self.turned else point
        return (1 - x if self.hflip else x), (1 - y if self.vflip else y)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height of the picture as it is shown."""
        return (height, width) if self.turned else (width, height)


UPRIGHT = Orientation()
"""The orientation of pixels that are shown as they are stored."""


def rotation(degrees: int) -> Orientation:
    """Return the orientation that turns a picture clockwise by 0, 90, 180 or 270 degrees."""
    upside_down = degrees in (180, 270)
    return Orientation(degrees in (90, 270), upside_down, upside_down)
