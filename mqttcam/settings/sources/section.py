"""The base class of the sources' sections."""

from mqttcam.settings.section import Section


class SourceSection(Section):
    """The `source` of a camera; a subclass has a `type` of its own."""

    @property
    def opening(self) -> "SourceSection":
        """The settings that the source is opened with: it stays open if only others change."""
        return self

    @property
    def exclusive_device(self) -> int | str | None:
        """The device, if only one program can open it at a time; otherwise None."""
        return None
