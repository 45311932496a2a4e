"""Pure functions on pixels: encode, decode, resize, turn, draw, and pictures that stay below a size in bytes."""
