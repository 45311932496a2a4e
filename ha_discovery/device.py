"""The device that components belong to, and the program that announces it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from pydantic import model_validator

from .abbreviations import DEVICE_KEYS, ORIGIN_KEYS
from .base import Model
from .types import ConfigurationUrl, NonEmpty


class Device(Model):
    """A device in Home Assistant's device registry, identified by `identifiers` or `connections`.

    - `connections`: pairs of type and value, such as ``("mac", "dc:a6:32:00:00:01")``.
    - `via_device`: an identifier of the device (a hub or bridge) through which this device is reached.
    - `suggested_area`: the area of a new device.
    - `configuration_url`: an http, https or homeassistant URL.
    """

    short_names: ClassVar[Mapping[str, str]] = DEVICE_KEYS

    identifiers: Sequence[NonEmpty] | None = None
    connections: Sequence[tuple[NonEmpty, NonEmpty]] | None = None
    name: NonEmpty | None = None
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    hw_version: str | None = None
    sw_version: str | None = None
    serial_number: str | None = None
    suggested_area: str | None = None
    configuration_url: ConfigurationUrl | None = None
    via_device: NonEmpty | None = None

    @model_validator(mode="after")
    def _check_identity(self) -> Self:
        if not self.identifiers and not self.connections:
            raise ValueError("identifiers or connections is required, with at least one entry")
        if self.via_device is not None and self.via_device in (self.identifiers or ()):
            raise ValueError(f"via_device must be another device, not {self.via_device!r} itself")
        return self


class Origin(Model):
    """The program that publishes the discovery messages; Home Assistant names it in its log.

    - `sw_version`: the version of the program.
    - `support_url`: an http, https or homeassistant URL.
    """

    short_names: ClassVar[Mapping[str, str]] = ORIGIN_KEYS

    name: NonEmpty
    sw_version: str | None = None
    support_url: ConfigurationUrl | None = None
