"""The entities of the node: the process and its machine."""

from __future__ import annotations

from collections.abc import Callable

from mqttcam.devices.entities.entity import LONGEST_STATE, Entity, option
from mqttcam.devices.node import Node
from mqttcam.log import LEVELS
from mqttcam.values import Choice, Number, Switch, Text


def _gigabytes(key: str, name: str, read: Callable[[Node], float | None], *, steady: float) -> Entity[Node]:
    """Return a sensor of a size; `steady` GB, or a twentieth, is too small a change to publish."""
    return Entity(
        key=key,
        platform="sensor",
        name=name,
        kind=Number(0, 1e9, unit="GB"),
        read=read,
        category="diagnostic",
        dead_band=(steady, 0.05),
        options=option(device_class="data_size", state_class="measurement", suggested_display_precision=1),
    )


NODE: tuple[Entity[Node], ...] = (
    Entity(
        key="status",
        platform="binary_sensor",
        name="Status",
        topic="status",
        category="diagnostic",
        options=option(device_class="connectivity", payload_on="online", payload_off="offline"),
    ),
    Entity(
        key="problem",
        platform="binary_sensor",
        name="Problem",
        kind=Switch(),
        read=lambda node: bool(node.problems),
        category="diagnostic",
        options=option(device_class="problem"),
    ),
    Entity(
        key="last_error",
        platform="sensor",
        name="Last error",
        kind=Text(),
        read=lambda node: "; ".join(node.problems)[:LONGEST_STATE] or None,
        category="diagnostic",
        options=option(icon="mdi:alert-circle-outline"),
    ),
    Entity(
        key="cpu_temperature",
        platform="sensor",
        name="CPU temperature",
        kind=Number(-100, 300, unit="°C"),
        read=lambda node: node.cpu_temperature,
        category="diagnostic",
        dead_band=(2.0, 0.0),
        options=option(device_class="temperature", state_class="measurement", suggested_display_precision=1),
    ),
    Entity(
        key="memory",
        platform="sensor",
        name="Memory",
        kind=Number(0, 1e9, unit="MiB"),
        read=lambda node: node.memory,
        category="diagnostic",
        dead_band=(0.0, 0.05),
        options=option(
            device_class="data_size",
            state_class="measurement",
            suggested_display_precision=0,
            enabled_by_default=False,
        ),
    ),
    _gigabytes("recordings_size", "Recordings", lambda node: node.recordings_size, steady=0.01),
    _gigabytes("recordings_free", "Free space for recordings", lambda node: node.recordings_free, steady=0.1),
    Entity(
        key="uptime",
        platform="sensor",
        name="Uptime",
        kind=Number(0, 1e12, integer=True, unit="s"),
        read=lambda node: node.uptime,
        category="diagnostic",
        read_from="started",
        options=option(device_class="timestamp"),
    ),
    Entity(
        key="reconnects",
        platform="sensor",
        name="Reconnects",
        kind=Number(0, 1e12, integer=True),
        read=lambda node: node.reconnects,
        category="diagnostic",
        options=option(icon="mdi:lan-pending", state_class="total_increasing", enabled_by_default=False),
    ),
    Entity(
        key="version",
        platform="sensor",
        name="Version",
        kind=Text(),
        read=lambda node: node.version,
        category="diagnostic",
        options=option(icon="mdi:tag-outline", enabled_by_default=False),
    ),
    Entity(
        key="log_level",
        platform="select",
        name="Log level",
        kind=Choice(LEVELS),
        read=lambda node: node.log_level,
        command="log_level",
        category="config",
        options=option(icon="mdi:text-long"),
    ),
    Entity(
        key="rediscover",
        platform="button",
        name="Rediscover",
        command="rediscover",
        category="config",
        options=option(icon="mdi:home-search-outline"),
    ),
    Entity(
        key="restart",
        platform="button",
        name="Restart",
        command="restart",
        category="config",
        options=option(device_class="restart"),
    ),
)
