"""Prometheus metrics: one per numeric entity, from its declaration, and those of cameras and web server below."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mqttcam.camera.status import CameraStatus
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import DeviceT, Entity
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node
from mqttcam.values import Number, Switch
from mqttcam.web.context import WebContext

# Prometheus wants base units, named in full: https://prometheus.io/docs/practices/naming/
_UNITS: dict[str | None, tuple[str, float]] = {
    "s": ("_seconds", 1.0),
    "ms": ("_seconds", 1e-3),
    "µs": ("_seconds", 1e-6),
    "°C": ("_celsius", 1.0),
    "MiB": ("_bytes", 2.0**20),
    "%": ("_ratio", 0.01),
}

log = logging.getLogger(__name__)


def exposition(context: WebContext, accept: str) -> tuple[bytes, str]:
    """Return all metrics, and their content type: Prometheus text or OpenMetrics, by the `Accept` header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(context))
    ProcessCollector(registry=registry)
    try:
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type
    except Exception:  # noqa: BLE001 - the library fails in many ways on a malformed header
        log.debug("web: malformed Accept header: %r", accept)
        encode, content_type = choose_encoder("")
        return encode(registry), content_type


class _Metrics(Collector):
    def __init__(self, context: WebContext) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        context = self._context
        yield InfoMetricFamily(
            "mqttcam_build",
            "The running version.",
            value={"version": context.registry.node.version, "node": context.registry.node.id},
        )
        yield GaugeMetricFamily(
            "mqttcam_problems", "Number of problems.", value=len(context.registry.health.problems())
        )
        yield from _node(context.registry.node)
        yield from _cameras(context)
        yield GaugeMetricFamily(
            "mqttcam_web_event_streams", "Open update streams.", value=len(context.publisher)
        )
        yield CounterMetricFamily(
            "mqttcam_web_frames_sent", "Pictures sent to MJPEG clients.", value=context.streams.sent
        )
        yield CounterMetricFamily(
            "mqttcam_web_frames_dropped",
            "Pictures dropped because MJPEG clients were too slow.",
            value=context.streams.dropped,
        )


def _node(node: Node) -> Iterator[Metric]:
    for entity in NODE:
        if (family := _family("mqttcam_node", entity, ())) is not None:
            _add(family, entity, node, [])
            yield family


def _cameras(context: WebContext) -> Iterator[Metric]:
    up = GaugeMetricFamily("mqttcam_camera_up", "1 while the camera delivers frames.", labels=["camera"])
    frames = CounterMetricFamily(
        "mqttcam_camera_frames", "Frames delivered by the camera.", labels=["camera"]
    )
    skipped = CounterMetricFamily(
        "mqttcam_camera_skipped", "Pictures from the source that cannot be used.", labels=["camera"]
    )
    viewers = GaugeMetricFamily(
        "mqttcam_camera_viewers", "Clients that watch the camera, MJPEG and video.", labels=["camera"]
    )
    families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for device in context.registry.devices.values():
        camera = device.camera
        up.add_metric([device.id], camera.status is CameraStatus.RUNNING)
        frames.add_metric([device.id], camera.stats.frames)
        skipped.add_metric([device.id], camera.stats.skipped)
        viewers.add_metric([device.id], context.viewers_of(device))
        for entity in camera_entities(device):
            if (fresh := _family("mqttcam_camera", entity, ("camera",))) is not None:
                _add(families.setdefault(fresh.name, fresh), entity, device, [device.id])
    yield from (up, frames, skipped, viewers, *families.values())


def _family(
    prefix: str, entity: Entity[DeviceT], labels: tuple[str, ...]
) -> GaugeMetricFamily | CounterMetricFamily | None:
    """Return an entity's metric; a switch is 1 or 0, and anything else than a switch or number has none (None)."""
    if not isinstance(entity.kind, Number | Switch) or entity.read is None:
        return None
    unit = _unit(entity)
    name = f"{prefix}_{entity.key}{_UNITS.get(unit, ('', 1.0))[0]}"
    counts = dict(entity.options).get("state_class") == "total_increasing" and unit is None
    family = CounterMetricFamily if counts else GaugeMetricFamily
    return family(name, f"{entity.name}.", labels=labels)


def _add(
    family: GaugeMetricFamily | CounterMetricFamily,
    entity: Entity[DeviceT],
    device: DeviceT,
    labels: list[str],
) -> None:
    """Add a device's value to an entity's metric. An unknown value has no sample."""
    value = entity.read(device) if entity.read is not None else None
    if isinstance(value, int | float):
        family.add_metric(labels, value * _UNITS.get(_unit(entity), ("", 1.0))[1])


def _unit(entity: Entity[DeviceT]) -> str | None:
    return entity.kind.unit if isinstance(entity.kind, Number) else None
