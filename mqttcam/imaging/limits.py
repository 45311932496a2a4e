"""The size limit for pictures from elsewhere: a few bytes of a header can claim four billion pixels."""

from __future__ import annotations

MAX_PIXELS = 1 << 25
"""Pixels of a picture unless the source's `max_pixels` says otherwise: one of 8K (7680x4320) has 33.2 million.

Decoding takes up to 12 bytes per pixel: 8 for the coefficients of a progressive JPEG, 4 for the result.
"""
LARGEST_MAX_PIXELS = 1 << 28
"""The largest value of that setting."""
MAX_SCANS = 16
"""Scans of a picture of `MAX_PIXELS`, and more of a smaller one: each scan of a progressive JPEG passes over the whole
picture, and takes a dozen bytes of the file. Encoders write about ten.
"""
