"""A moving test picture."""

from typing import Literal

from pydantic import Field

from mqttcam.settings.sources.section import SourceSection


class TestPatternSource(SourceSection):
    """A moving test picture with a clock and a frame counter: needs no camera."""

    __test__ = False

    type: Literal["test_pattern"] = Field("test_pattern", description="A moving test picture.")
    pattern: str = Field("bars", min_length=1, description="The pattern to start with.")
