"""Pure functions on pixels: encode, decode, resize, flip, draw."""
