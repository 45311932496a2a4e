"""Pure functions on pixels: encode, decode, resize, turn, draw, see motion, and pictures below a size in bytes."""
