"""Imports that give warnings of their own."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # SINETStream's own use of older names; in tests every other warning is an error.
    warnings.simplefilter("ignore")
    import sinetstream.marshal  # noqa: F401
