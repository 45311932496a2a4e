"""The soak: a daemon with all that surrounds it, under random faults from a seed: `python -m tests.soak --help`."""
