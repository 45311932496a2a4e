"""How many examples the property tests run: few and always the same, or many new ones."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = "MQTTCAM_FUZZ_EXAMPLES"
"""The variable with the number of examples per test; they are then new ones at each run."""
_FEW = 100

fuzz = settings(
    max_examples=int(os.environ.get(EXAMPLES, _FEW)),
    derandomize=EXAMPLES not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
"""A decorator for tests."""
