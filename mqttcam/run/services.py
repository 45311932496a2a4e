"""The broker, the web page and MQTT, each started if it is configured."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices import hints
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.recordings.library import Library
from mqttcam.run.health_socket import HealthSocket
from mqttcam.settings import MqttSettings, Settings
from mqttcam.settings.detections import DetectionsTopicSettings

if TYPE_CHECKING:
    from mqttcam.detections.message import DetectionMessage
    from mqttcam.settings.editing.config_editor import ConfigEditor

log = logging.getLogger(__name__)


class StartError(Exception):
    """The daemon cannot start as it is configured; the message says why."""


class Services(Struct, frozen=True):
    """The services that are running.

    Attributes:
        broker_port: of the embedded broker.
        web_url: the address of the web page.
        gateway: the devices on MQTT.
    """

    broker_port: int | None = None
    web_url: str | None = None
    gateway: MqttGateway | None = None


async def start_services(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    registry: DeviceRegistry,
    library: Library,
    on_folder_recreated: Callable[[], Awaitable[None]] | None = None,
    editor: ConfigEditor | None = None,
) -> Services:
    """Start the configured services; `stack` stops them in reverse order.

    Args:
        on_folder_recreated: called after the state folder was deleted and is there again, empty.
        editor: changes the configuration file, for the page.

    Raises:
        StartError: One of them cannot start.
        FolderTaken: Another daemon uses the state folder.
    """
    health_socket = HealthSocket(
        settings.state_dir, registry.health.problems, on_recreated=on_folder_recreated
    )
    registry.node.add_check(lambda: health_socket.problem, "Health check", hints.DAEMON)
    stack.push_async_callback(health_socket.stop)
    await health_socket.start()
    watching = asyncio.create_task(registry.health.watch(), name="problems")
    stack.callback(watching.cancel)
    broker_port = await _start_broker(stack, settings, registry) if settings.broker.enabled else None
    web_url = await _start_web(stack, settings, registry, library, editor) if settings.web.enabled else None
    if settings.detections is not None:
        _read_detections(stack, settings.detections, registry)
    gateway = None
    if settings.mqtt is not None:
        mqtt = _with_port(settings.mqtt, broker_port)
        gateway = MqttGateway(mqtt, settings.home_assistant, registry, settings.client_id)
        stack.push_async_callback(gateway.stop)
        gateway.start()
    return Services(broker_port, web_url, gateway)


def _read_detections(
    stack: contextlib.AsyncExitStack, settings: DetectionsTopicSettings, registry: DeviceRegistry
) -> None:
    from mqttcam.detections.kafka_topic import DetectionsTopic

    def deliver(camera_id: str, message: DetectionMessage) -> None:
        device = registry.devices.get(camera_id)
        if device is not None and device.detections is not None:
            device.detections.add(message, topic.fetch)

    def size(camera_id: str) -> tuple[int, int] | None:
        member = registry.cameras.get(camera_id)
        return None if member is None else member.device.size

    topic = DetectionsTopic(settings, registry.node.id, deliver, size, registry.node.changed)
    registry.node.add_check(lambda: topic.problem, "Detections", hints.KAFKA, retrying=topic)
    stack.push_async_callback(topic.stop)
    topic.start()


def _with_port(mqtt: MqttSettings, broker_port: int | None) -> MqttSettings:
    """Port 0 is that of the embedded broker, which is known once it is listening."""
    if broker_port is None or mqtt.port != 0:
        return mqtt
    return mqtt.model_copy(update={"port": broker_port})


async def _start_broker(
    stack: contextlib.AsyncExitStack, settings: Settings, registry: DeviceRegistry
) -> int:
    from mqttcam.mqtt.broker.embedded import BrokerError, EmbeddedBroker

    broker = EmbeddedBroker(settings.broker.host, settings.broker.port)
    try:
        await stack.enter_async_context(broker)
    except BrokerError as error:
        raise StartError(str(error)) from error
    registry.node.add_check(lambda: broker.problem, "Broker", hints.BROKER, retrying=broker)
    return broker.port


async def _start_web(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    registry: DeviceRegistry,
    library: Library,
    editor: ConfigEditor | None,
) -> str | None:
    try:
        from mqttcam.web import WebServer
    except ModuleNotFoundError as error:
        raise StartError(f"the web page needs {error.name}: pip install 'mqttcam[web]'") from error
    server = WebServer(settings.web, registry, settings.state_dir, library, editor=editor)
    try:
        await server.start()
    except OSError as error:
        raise StartError(f"web: {error}") from error
    stack.push_async_callback(server.stop)
    log.info("web page: %s (listening on %s, port %d)", server.url, settings.web.host, server.port)
    return server.url
