"""A configuration as it was written, and what may stand in it."""
