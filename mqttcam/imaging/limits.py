"""Limits for pictures from elsewhere, as a header of a few bytes can claim four billion pixels."""

from __future__ import annotations

MAX_PIXELS = 1 << 25
"""Pixels of a picture unless the source's `max_pixels` says otherwise; 8K (7680x4320) has 33.2 million.

Decoding takes up to 12 bytes per pixel: 8 for the coefficients of a progressive JPEG, 4 for the result.
"""
MAX_STORED_PIXELS = 1 << 26
"""Pixels of a stored JPEG that is made smaller; the largest camera modules have 64 million."""
LARGEST_MAX_PIXELS = 1 << 28
"""The largest value of that setting."""
MAX_SCANS = 16
"""Scans of a picture of `MAX_PIXELS`, and proportionally more of a smaller one.

Each scan of a progressive JPEG is a pass over the whole picture, and takes only a dozen bytes of the file. Encoders
write about ten scans.
"""
