"""A bitmap font of 5 x 7 dots."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mqttcam.imaging.raster import Plane

GLYPH_WIDTH, GLYPH_HEIGHT = 6, 9
"""The size of one character with the space around it, in dots."""

# Five columns from left to right, the lowest bit at the top: the usual font of character displays.
_FONT = {
    " ": "0000000000", "!": "00005f0000", '"': "0007000700", "#": "147f147f14", "$": "242a7f2a12",
    "%": "2313086462", "&": "3649562050", "'": "0008070300", "(": "001c224100", ")": "0041221c00",
    "*": "2a1c7f1c2a", "+": "08083e0808", ",": "0080703000", "-": "0808080808", ".": "0000606000",
    "/": "2010080402", "0": "3e5149453e", "1": "00427f4000", "2": "7249494946", "3": "2141494d33",
    "4": "1814127f10", "5": "2745454539", "6": "3c4a494931", "7": "4121110907", "8": "3649494936",
    "9": "464949291e", ":": "0000140000", ";": "0040340000", "<": "0008142241", "=": "1414141414",
    ">": "0041221408", "?": "0201590906", "@": "3e415d594e", "A": "7c1211127c", "B": "7f49494936",
    "C": "3e41414122", "D": "7f4141413e", "E": "7f49494941", "F": "7f09090901", "G": "3e41415173",
    "H": "7f0808087f", "I": "00417f4100", "J": "2040413f01", "K": "7f08142241", "L": "7f40404040",
    "M": "7f021c027f", "N": "7f0408107f", "O": "3e4141413e", "P": "7f09090906", "Q": "3e4151215e",
    "R": "7f09192946", "S": "2649494932", "T": "03017f0103", "U": "3f4040403f", "V": "1f2040201f",
    "W": "3f4038403f", "X": "6314081463", "Y": "0304780403", "Z": "6159494d43", "[": "007f414141",
    "\\": "0204081020", "]": "004141417f", "^": "0402010204", "_": "4040404040", "`": "0003070800",
    "a": "2054547840", "b": "7f28444438", "c": "3844444428", "d": "384444287f", "e": "3854545418",
    "f": "00087e0902", "g": "18a4a49c78", "h": "7f08040478", "i": "00447d4000", "j": "2040403d00",
    "k": "7f10284400", "l": "00417f4000", "m": "7c04780478", "n": "7c08040478", "o": "3844444438",
    "p": "fc18242418", "q": "18242418fc", "r": "7c08040408", "s": "4854545424", "t": "04043f4424",
    "u": "3c4040207c", "v": "1c2040201c", "w": "3c4030403c", "x": "4428102844", "y": "4c9090907c",
    "z": "4464544c44", "{": "0008364100", "|": "0000770000", "}": "0041360800", "~": "0201020402",
    "°": "0006090906",
}  # fmt: skip


def text_size(length: int, scale: int) -> tuple[int, int]:
    """Return the width and height of `length` characters in pixels, if a dot has `scale` x `scale` pixels."""
    return length * GLYPH_WIDTH * scale, GLYPH_HEIGHT * scale


@lru_cache(maxsize=512)
def glyph_mask(character: str, scale: int) -> Plane:
    """Return one character with the space around it: 1 for ink, 0 for paper. An unknown character is a question mark.

    The array is cached and read-only.
    """
    columns = np.frombuffer(bytes.fromhex(_FONT.get(character, _FONT["?"])), np.uint8)
    dots = np.unpackbits(columns[:, None], axis=1, bitorder="little").T
    framed: Plane = np.pad(dots, ((1, 0), (1, 0)))
    mask = framed.repeat(scale, axis=0).repeat(scale, axis=1)
    mask.flags.writeable = False
    return mask
