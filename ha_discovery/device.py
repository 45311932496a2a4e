"""The device that entities belong to, and the program that announces it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from pydantic import model_validator

from .abbreviations import DEVICE_KEYS, ORIGIN_KEYS
from .base import Model
from .types import ConfigurationUrl, NonEmpty


class Device(Model):
    """A device of Home Assistant's registry, known by its `identifiers` or its `connections`.

    - `connections`: pairs of kind and value, such as ``("mac", "dc:a6:32:00:00:01")``.
    - `via_device`: an identifier of the device (hub, bridge) that this one is reached through.
    - `suggested_area`: the area, as long as the user has chosen none.
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
            raise ValueError(
                "a device needs identifiers or connections, otherwise nothing tells it from others"
            )
        if self.via_device is not None and self.via_device in (self.identifiers or ()):
            raise ValueError(f"via_device {self.via_device!r} is the device itself")
        return self


class Origin(Model):
    """The program that sends the discovery; Home Assistant names it in its log.

    `sw_version` is the program's version, `support_url` an http, https or homeassistant URL.
    """

    short_names: ClassVar[Mapping[str, str]] = ORIGIN_KEYS

    name: NonEmpty
    sw_version: str | None = None
    support_url: ConfigurationUrl | None = None
