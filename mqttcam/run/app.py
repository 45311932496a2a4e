"""Builds the daemon from its settings; the order of start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Callable, Iterable
from functools import partial

from mqttcam import __version__
from mqttcam.camera.capture import Capture
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import build_device
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.gateway.node import MqttGateway
from mqttcam.log import set_up
from mqttcam.outputs import configured as configured_outputs
from mqttcam.outputs.output import Output
from mqttcam.run.health_socket import HealthSocket
from mqttcam.run.new_process import NewProcess, has_manager
from mqttcam.run.systemd import SystemdNotifier
from mqttcam.settings import CameraSettings, Settings, SettingsError
from mqttcam.web.address import linked_page

log = logging.getLogger(__name__)

EXIT_DONE, EXIT_FAILED = 0, 1


class StartError(Exception):
    """The daemon cannot start as it is configured; the message says why."""


class App:
    """One running daemon."""

    def __init__(self, settings: Settings, read_settings: Callable[[], Settings]) -> None:
        self.settings = settings
        self.restart_wanted = False
        self._code = EXIT_DONE
        self._read_settings = read_settings
        self._stopping = asyncio.Event()
        self._wanted: Settings | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._store = Store(settings.state_dir / "values.json")
        self._new_process = NewProcess(settings.state_dir / "new_processes.json", self._renew)
        node = Node(settings.node, linked_page(settings.web))
        node.restart = self.restart
        node.reload = self.reload
        self.registry = DeviceRegistry(node)
        self.broker_port: int | None = None
        self.web_url: str | None = None
        self._gateway: MqttGateway | None = None
        self._outputs: list[Output] = configured_outputs(settings)
        self.registry.health.outputs = self._outputs

    async def run(self, on_ready: Callable[[App], None] | None = None) -> int:
        """Run until told to stop; the exit code. `on_ready` is called once every part has started.

        Raises:
            StartError: a part that the configuration asks for cannot start.
            FolderTaken: another daemon uses the state folder.
        """
        self._handle_signals()
        self._store.load()
        async with contextlib.AsyncExitStack() as parts:
            await self._start_parts(parts)
            for camera_id, settings in self.settings.cameras.items():
                self._add_camera(camera_id, settings)
            log.info("mqttcam %s runs as node %s", __version__, self.registry.node.id)
            if on_ready is not None:
                on_ready(self)
            await parts.enter_async_context(SystemdNotifier())
            # What is there now stays: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            await self._stopping.wait()
            log.info("stopping")
            self._new_process.cancel()
            self._ignore_hangups()
            if self._reloading is not None:
                await asyncio.wait([self._reloading])
            outputs = (output.stop() for output in self._outputs)
            await asyncio.gather(self._stop_cameras(list(self.registry.devices)), *outputs)
        await self._store.save()
        return self._code

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    def restart(self) -> None:
        """End `run`, and start the process anew.

        Raises:
            SettingsError: the configuration is bad by now: the new process would end at once.
        """
        self._read_settings()
        self._start_anew()

    def reload(self) -> None:
        """Read the configuration again; a bad one is refused and said, and the old one runs on.

        Raises:
            SettingsError: the new configuration is bad.
        """
        self._wanted = self._read_settings()
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._apply_wanted(), name="reload")

    def _start_anew(self) -> None:
        self.restart_wanted = True
        self.stop()

    def _end(self) -> None:
        """Told to end from outside, which outweighs a restart that was wanted before."""
        self.restart_wanted = False
        self._code = EXIT_DONE
        self.stop()

    def _renew(self) -> None:
        """End `run` for a process without the threads that hang: by the exit code, where someone starts another then.

        Raises:
            SettingsError: the configuration is bad by now.
        """
        if not has_manager():
            self.restart()
            return
        self._read_settings()
        self._code = EXIT_FAILED
        self.stop()

    def _stuck(self, camera_id: str) -> str:
        return self._new_process.ask(self.registry.devices[camera_id].camera)

    # parts

    async def _start_parts(self, parts: contextlib.AsyncExitStack) -> None:
        """Outputs, the one that others need first; they stop in the opposite order."""
        probe = HealthSocket(self.settings.state_dir, self.registry.health.problems)
        parts.push_async_callback(probe.stop)
        await probe.start()
        mqtt = self.settings.mqtt
        if self.settings.broker.enabled:
            from mqttcam.mqtt.broker.embedded import BrokerError, EmbeddedBroker

            broker = EmbeddedBroker(self.settings.broker.host, self.settings.broker.port)
            try:
                await parts.enter_async_context(broker)
            except BrokerError as error:
                raise StartError(str(error)) from error
            self.broker_port = broker.port
            if mqtt is not None and mqtt.port == 0:
                mqtt = mqtt.model_copy(update={"port": broker.port})
        if self.settings.web.enabled:
            await self._start_web(parts)
        if mqtt is not None:
            self._gateway = MqttGateway(
                mqtt, self.settings.home_assistant, self.registry, self.settings.client_id
            )
            self.registry.node.rediscover = self._gateway.rediscover
            parts.push_async_callback(self._gateway.stop)
            self._gateway.start()

    async def _start_web(self, parts: contextlib.AsyncExitStack) -> None:
        try:
            from mqttcam.web import WebServer
        except ModuleNotFoundError as error:
            raise StartError(f"the web page needs {error.name}: pip install 'mqttcam[web]'") from error
        server = WebServer(self.settings.web, self.registry, self.settings.state_dir)
        try:
            await server.start()
        except OSError as error:
            raise StartError(f"web: {error}") from error
        parts.push_async_callback(server.stop)
        self.web_url = server.url
        log.info("web page: %s", server.url)

    # cameras

    def _add_camera(
        self, camera_id: str, settings: CameraSettings, left_behind: Iterable[Capture] = ()
    ) -> None:
        device = build_device(
            camera_id, settings, self._store, on_stuck=partial(self._stuck, camera_id), outputs=self._outputs
        )
        self.registry.add(device)
        device.attach()
        if self._gateway is not None:
            self._gateway.add(device)
        device.camera.start(left_behind)

    async def _stop_cameras(self, camera_ids: list[str]) -> None:
        await asyncio.gather(*(self.registry.devices[camera_id].camera.stop() for camera_id in camera_ids))

    async def _apply_wanted(self) -> None:
        """Also what was read while the last one was being applied."""
        while self._wanted is not None and not self._stopping.is_set():
            new, self._wanted = self._wanted, None
            try:
                await self._apply(new)
            except Exception:
                log.exception("the new configuration could not be applied")

    async def _apply(self, new: Settings) -> None:
        """Bring the running daemon to new settings: cameras one by one, all else by starting anew."""
        old = self.settings
        if new.model_copy(update={"cameras": old.cameras, "log": old.log}) != old:
            log.info("the configuration has changed in more than its cameras: starting anew")
            self._start_anew()
            return
        self.settings = new
        if new.log != old.log:
            set_up(new.log.level, new.log.format)
        devices = self.registry.devices
        stale = [name for name, device in devices.items() if new.cameras.get(name) != device.settings]
        await self._stop_cameras(stale)
        if self._stopping.is_set():
            return
        # What hangs of a camera may have the device, which the new one has to know of.
        left_behind = {name: devices[name].camera.left_behind for name in stale}
        for name in stale:
            await devices[name].detach()
        # From here on at once: who looks on sees the new camera in the old one's place, and never neither.
        for name in stale:
            if self._gateway is not None:
                self._gateway.remove(name, for_good=name not in new.cameras)
            self.registry.remove(name)
        for name, settings in new.cameras.items():
            if name not in self.registry.cameras:
                self._add_camera(name, settings, left_behind.get(name, ()))
        self.registry.arrange(new.cameras)
        log.info("configuration read again: %d of %d cameras changed", len(stale), len(old.cameras))

    # signals

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._reload_on_signal)

    def _reload_on_signal(self) -> None:
        try:
            self.reload()
        except SettingsError as error:
            _say_refused("not reloaded", error)

    def _ignore_hangups(self) -> None:
        """Without a handler SIGHUP ends a process; also the one to come, until it has its own."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _say_refused(what: str, error: SettingsError) -> None:
    for problem in error.problems:
        log.error("%s: %s", what, problem)
