"""The running daemon: the order of start and stop, and reloads of the configuration."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import gc
import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from mqttcam import __version__
from mqttcam.backup.restored import adopt_restored
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices import hints
from mqttcam.devices.governor import Governor
from mqttcam.devices.node import Daemon, Node
from mqttcam.devices.store import Store
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.log import set_up
from mqttcam.outputs import configured as configured_outputs
from mqttcam.recordings.library import Library
from mqttcam.recordings.repair import Repair
from mqttcam.run.cameras import ConfiguredCameras
from mqttcam.run.read_settings import read_in_thread
from mqttcam.run.services import Services, start_services
from mqttcam.run.stuck_restart import StuckRestart, has_service_manager
from mqttcam.run.systemd import SystemdNotifier
from mqttcam.settings import Settings, SettingsError, kafka_warnings
from mqttcam.settings.recordings import CameraKeepSettings
from mqttcam.web.address import linked_page

if TYPE_CHECKING:
    from mqttcam.settings.editing.config_editor import ConfigEditor

log = logging.getLogger(__name__)

_RELOADED = frozenset({"cameras", "log"})
"""The sections of the configuration that a running daemon applies; all others take a restart."""


class EndReason(enum.Enum):
    """Why `App.run` has ended."""

    STOP = enum.auto()
    """By a signal."""
    RESTART = enum.auto()
    """The process is to be replaced by a new one."""
    FAILURE = enum.auto()
    """The process is to exit with an error, so that the service manager starts it again."""


class App(Daemon):
    """One running daemon.

    Attributes:
        settings: the configuration that is applied.
        registry: the node and its cameras.
        library: the recordings of all cameras.
        governor: decides what gives way while processor time is short.
    """

    def __init__(
        self, settings: Settings, read_settings: Callable[[], Settings], editor: ConfigEditor | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            read_settings: reads the configuration again, and raises SettingsError.
            editor: changes the configuration file; None if nothing can be changed.
        """
        self.settings = settings
        self._editor = editor
        self._read_settings = read_settings
        self._ending = asyncio.Event()
        self._end_reason = EndReason.STOP
        self._to_apply: Settings | None = None
        self._cameras: asyncio.Future[ConfiguredCameras] = asyncio.get_running_loop().create_future()
        self._reloading: asyncio.Task[None] | None = None
        self._not_applied: str | None = None
        self._reading = asyncio.Lock()
        self._hangup = asyncio.Event()
        self._store = Store(settings.state_dir / "values.json")
        self._stuck_restart = StuckRestart(settings.state_dir / "new_processes.json", self._restart_stuck)
        self._outputs = configured_outputs(settings)
        self.library = Library(
            settings.recordings.path or settings.state_dir / "recordings",
            settings.state_dir / "recordings.sqlite",
            settings.recordings.keep,
            self._camera_keep,
        )
        area = settings.home_assistant.suggested_area
        node = Node(
            settings.node,
            linked_page(settings.web),
            daemon=self,
            suggested_area=area,
            library=self.library,
        )
        stored = self._store.file
        node.add_check(lambda: stored.problem, "Stored values", hints.DAEMON, retrying=stored)
        self._store.file.listeners.add(node.changed)
        node.add_check(lambda: self.library.problem, "Recordings", hints.DAEMON, retrying=self.library)
        self.library.listeners.add(node.changed)
        self.registry = DeviceRegistry(node, self._outputs)
        governor = self.governor = Governor(lambda: self.registry.devices, node.changed)
        node.add_check(lambda: governor.problem, "Processor", hints.DAEMON, level="warning")
        self._show_warnings(settings)

    async def run(self, on_ready: Callable[[Services], None] | None = None) -> EndReason:
        """Run until `end`; `on_ready` is called once all services have started.

        Raises:
            StartError: A service that is configured cannot start.
            FolderTaken: Another daemon uses the state folder.
        """
        self._handle_signals()
        adopt_restored(self.settings.state_dir)
        self._store.load()
        async with contextlib.AsyncExitStack() as stack:
            services = await start_services(
                stack, self.settings, self.registry, self.library, self._store.write_again, self._editor
            )
            self.library.start()
            stack.push_async_callback(self.library.close)
            repair = Repair(self.library.path, self.library.add)
            stack.callback(repair.stop)
            repair.start()
            cameras = self._start_cameras(services.gateway)
            governing = asyncio.create_task(self.governor.run(), name="governor")
            stack.callback(governing.cancel)
            await self._store.save()
            log.info(
                "mqttcam %s runs as node %s; state folder %s",
                __version__,
                self.registry.node.id,
                self.settings.state_dir.absolute(),
            )
            if on_ready is not None:
                on_ready(services)
            await stack.enter_async_context(SystemdNotifier())
            # Nearly everything allocated so far lives until exit: the garbage collector never visits it, not even now.
            gc.freeze()
            gc.enable()
            hangups = asyncio.create_task(self._reload_on_hangups(), name="SIGHUP")
            await self._ending.wait()
            log.info("stopping")
            hangups.cancel()
            self._stuck_restart.cancel()
            _ignore_hangups()
            if self._reloading is not None:
                await asyncio.wait([self._reloading])
            # The cameras begin: the end of an event still goes to the outputs.
            await asyncio.gather(cameras.stop(), *(output.stop() for output in self._outputs))
        await self._store.save()
        return self._end_reason

    def _start_cameras(self, gateway: MqttGateway | None) -> ConfiguredCameras:
        cameras = ConfiguredCameras(
            self.registry,
            gateway,
            self._outputs,
            self._store,
            self._stuck_restart.request,
            self.settings.location,
            self.library,
            self.governor.reductions,
        )
        if not self.settings.cameras:
            log.warning("no camera is configured; `mqttcam cameras` lists those of this machine")
        for camera_id, settings in self.settings.cameras.items():
            cameras.add(camera_id, settings)
        self._cameras.set_result(cameras)
        return cameras

    def _camera_keep(self) -> dict[str, CameraKeepSettings]:
        cameras = self.settings.cameras.items()
        return {camera_id: settings.record.keep for camera_id, settings in cameras if settings.record}

    def _show_warnings(self, settings: Settings) -> None:
        warnings = kafka_warnings(settings)
        for key, text in warnings:
            log.warning("%s: %s", ".".join(key), text)
        self.registry.health.present.warnings = warnings

    def end(self, reason: EndReason) -> None:
        """End `run`. STOP takes precedence over the other reasons, whichever comes first."""
        if not self._ending.is_set() or reason is EndReason.STOP:
            self._end_reason = reason
        self._ending.set()

    async def restart(self) -> None:
        """End `run` for a restart of the process.

        Raises:
            SettingsError: The configuration has become invalid; the new process could not start.
        """
        await self._read()
        self.end(EndReason.RESTART)

    async def reload(self) -> None:
        """Read the configuration again and apply it in the background, once everything has started.

        Raises:
            SettingsError: The new configuration is invalid; the old one stays in use.
        """
        self._to_apply = await self._read()
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._reload(), name="reload")

    async def applied(self) -> str | None:
        """Wait until the last reload has been applied; return why it could not be, in words, or None."""
        if self._reloading is not None:
            await asyncio.wait([self._reloading])
        return self._not_applied

    async def _restart_stuck(self) -> None:
        """Get rid of stuck threads by a new process, which the service manager starts if there is one.

        Raises:
            SettingsError: as for `restart`.
        """
        await self._read()
        self.end(EndReason.FAILURE if has_service_manager() else EndReason.RESTART)

    async def _read(self) -> Settings:
        """Read the configuration, one reader at a time, so that the newest is applied last."""
        async with self._reading:
            return await read_in_thread(self._read_settings)

    # reload

    async def _reload(self) -> None:
        """Apply the latest configuration; repeat if another was read in the meantime."""
        cameras = await self._cameras
        while self._to_apply is not None and not self._ending.is_set():
            new, self._to_apply = self._to_apply, None
            self._not_applied = None
            try:
                await self._apply(new, cameras)
            except Exception as error:
                log.exception("the new configuration cannot be applied")
                self._not_applied = f"{type(error).__name__}: {error}"

    async def _apply(self, new: Settings, cameras: ConfiguredCameras) -> None:
        old = self.settings
        changed = changed_sections(old, new)
        if not changed <= _RELOADED:
            log.info("the configuration of %s has changed: restarting", ", ".join(sorted(changed)))
            self.end(EndReason.RESTART)
            return
        self.settings = new
        self._show_warnings(new)
        if "log" in changed:
            set_up(new.log.level, new.log.format)
        configured = cameras.configure(new.cameras)
        changed_cameras = cameras.changed(new.cameras)
        await cameras.stop(changed_cameras)
        if self._ending.is_set():
            return
        await cameras.replace(changed_cameras, new.cameras)
        count = len(configured) + len(changed_cameras)
        log.info("configuration reloaded: %d of %d cameras changed", count, len(old.cameras))

    # signals

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end, EndReason.STOP)
        loop.add_signal_handler(signal.SIGHUP, self._hangup.set)

    async def _reload_on_hangups(self) -> None:
        while True:
            await self._hangup.wait()
            self._hangup.clear()
            try:
                await self.reload()
            except SettingsError as error:
                for problem in error.problems:
                    log.error("the configuration is not reloaded: %s", problem)


def changed_sections(old: Settings, new: Settings) -> set[str]:
    """Return the names of the top-level sections and settings that differ between the two."""
    return {name for name in Settings.model_fields if getattr(old, name) != getattr(new, name)}


def _ignore_hangups() -> None:
    """Ignore SIGHUP, here and in the process that replaces this one, until that has a handler of its own."""
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
