"""What request handlers share, as `request.app[CONTEXT]`."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from mqttcam.camera.frame import Picture
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.observer import CameraObserver
from mqttcam.recordings.library import Library
from mqttcam.settings.editing.config_editor import ConfigEditor
from mqttcam.settings.web import WebSettings
from mqttcam.video.transport_stream import TransportStream
from mqttcam.web.auth import Authenticator
from mqttcam.web.camera_search import CameraSearch
from mqttcam.web.connected_viewers import ConnectedViewer, ConnectedViewers
from mqttcam.web.disk_threads import DiskThreads
from mqttcam.web.encodings import EncodingLimit
from mqttcam.web.errors import ApiError
from mqttcam.web.messages import FragmentMessages
from mqttcam.web.mjpeg import MjpegStreams
from mqttcam.web.motion_viewers import MotionViewers
from mqttcam.web.places import Holder, Places
from mqttcam.web.previews import Previews
from mqttcam.web.proposed_pictures import ProposedPictures
from mqttcam.web.signed_addresses import SignedAddresses
from mqttcam.web.snapshot_history import SnapshotHistory
from mqttcam.web.state_publisher import StatePublisher
from mqttcam.web.timing import Timing
from mqttcam.web.video_streams import VideoStreams

_MAX_REQUESTS = 256
"""Of users at a time, besides those of viewers: half of the connections."""
_MAX_UPDATE_STREAMS = 64
T = TypeVar("T")
_INGRESS_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class _WebObserver(CameraObserver):
    """Shows the changes of a camera, and keeps its snapshots."""

    def __init__(self, context: WebContext, device: CameraDevice) -> None:
        self._context = context
        self._device = device

    def changed(self) -> None:
        self._context.streams.changed(self._device)
        for streams in self._context.video_streams:
            streams.changed(self._device)
        self._context.motion_viewers.changed(self._device)
        self._context.publisher.changed()

    async def snapshot(self, picture: Picture, request_id: str | None) -> None:
        self._context.history.add(self._device.id, picture)


class WebContext:
    """The settings, the devices, and the web server's own parts.

    Attributes:
        registry: cameras and node; read at each request, because a reload changes the cameras.
        addresses: those that need no login.
        library: the recordings; None if there are none.
        disk: reads their files.
        previews: smaller versions of pictures.
        tuning_files: of Raspberry Pi cameras.
        editor: changes the configuration file; None if nothing can be changed.
        state_dir: where values and tuning files are; None if they are not kept.
        editing: held while the file is changed and applied.
        restoring: held while a backup is in memory.
        proposed_pictures: of cameras that are not configured yet.
        camera_search: finds the cameras of this machine.
        requests, viewers, update_streams: the places for each.
    """

    def __init__(
        self,
        settings: WebSettings,
        registry: DeviceRegistry,
        auth: Authenticator,
        addresses: SignedAddresses,
        library: Library | None,
        tuning_files: TuningFiles,
        timing: Timing,
        editor: ConfigEditor | None = None,
        state_dir: Path | None = None,
    ) -> None:
        self.settings = settings
        self.registry = registry
        self.auth = auth
        self.addresses = addresses
        self.library = library
        self.tuning_files = tuning_files
        self.editor = editor
        self.state_dir = state_dir
        self.editing = asyncio.Lock()
        self.restoring = asyncio.Lock()
        self.proposed_pictures = ProposedPictures(registry, state_dir)
        self.camera_search = CameraSearch()
        self.disk = DiskThreads(timing.disk)
        self.previews = Previews()
        self.timing = timing
        self.requests = Places(_MAX_REQUESTS + settings.max_viewers, "requests")
        self.viewers = Places(settings.max_viewers, "viewers")
        self.update_streams = Places(_MAX_UPDATE_STREAMS, "streams")
        self.streams = MjpegStreams()
        self.transport_streams = VideoStreams(TransportStream)
        self.fragment_streams = VideoStreams(partial(FragmentMessages, timing.heartbeat))
        self.video_streams = (self.transport_streams, self.fragment_streams)
        self.motion_viewers = MotionViewers()
        self.connected_viewers = ConnectedViewers()
        self.snapshot_encodings = EncodingLimit()
        self.history = SnapshotHistory(settings.history)
        self.publisher = StatePublisher(registry, self.viewers_of, self.history, library, timing)
        self._followed: dict[str, CameraDevice] = {}
        self._commands: set[asyncio.Future[Any]] = set()

    @property
    def cookie(self) -> str:
        """The name of the session cookie. It contains the node's id: all ports of a host share cookies."""
        return f"mqttcam_{self.registry.node.id}"

    def join(
        self, request: web.Request, device: CameraDevice
    ) -> contextlib.AbstractContextManager[ConnectedViewer]:
        """Show who is watching until the block ends."""
        address = self.auth.client_address(request)
        return self.connected_viewers.join(request, request[HOLDER], address, device)

    @contextlib.contextmanager
    def watch(self, request: web.Request, device: CameraDevice) -> Iterator[ConnectedViewer]:
        """Hold a viewer's place, and show who is watching, until the block ends.

        Raises:
            ApiError: there is no place.
        """
        with (
            self.join(request, device) as viewer,
            self.viewers.take(request[HOLDER], viewer.end, viewer.unread),
        ):
            yield viewer

    def viewers_of(self, device: CameraDevice) -> int:
        """Return the number of clients that watch a camera."""
        return self.streams.count(device) + sum(streams.count(device) for streams in self.video_streams)

    def open(self) -> None:
        """Follow the cameras, present and future."""
        self.registry.listeners.add(self._cameras_changed)
        if self.library is not None:
            self.library.listeners.add(self.publisher.changed)
        self._cameras_changed()

    def close(self) -> None:
        """End every stream, and stop following cameras."""
        self.registry.listeners.remove(self._cameras_changed)
        if self.library is not None:
            self.library.listeners.remove(self.publisher.changed)
        self.disk.stop()
        self.camera_search.stop()
        self.publisher.close()
        self.streams.close()
        self.motion_viewers.close()
        for streams in self.video_streams:
            streams.close()

    def keep(self, command: asyncio.Future[T]) -> asyncio.Future[T]:
        """Hold a running command until it ends: it is carried out even if its client disconnects meanwhile."""
        self._commands.add(command)
        command.add_done_callback(self._commands.discard)
        return command

    def _cameras_changed(self) -> None:
        for camera_id, device in tuple(self._followed.items()):
            if self.registry.devices.get(camera_id) is not device:
                del self._followed[camera_id]
                self.streams.close(device)
                self.motion_viewers.close(device)
                for streams in self.video_streams:
                    streams.close(device)
                self.history.forget(camera_id)
        for camera_id, device in self.registry.devices.items():
            if camera_id not in self._followed:
                self._followed[camera_id] = device
                self._follow(device)
        self.publisher.changed()

    def _follow(self, device: CameraDevice) -> None:
        self.history.begin(device.id)
        device.attach(_WebObserver(self, device))

    def base(self, request: web.Request) -> str:
        """Return the prefix of our paths as the browser sees them: that of Home Assistant's ingress, or of a proxy."""
        ingress = request.headers.get("X-Ingress-Path", "")
        return ingress if _INGRESS_PATH.fullmatch(ingress) else self.settings.path_prefix

    def device(self, request: web.Request) -> CameraDevice:
        """Return the camera in a request's path; if the path names none, the first, or the second if it ends with 2.

        Raises:
            ApiError: the camera does not exist; lists those that do.
        """
        camera_id = request.match_info.get("camera")
        if camera_id is not None and camera_id in self.registry.devices:
            return self.registry.devices[camera_id]
        number = 1 if request.path.endswith("2") else 0
        if camera_id is None and len(self.registry.devices) > number:
            return list(self.registry.devices.values())[number]
        message = "no such camera" if camera_id is not None else "no camera to show here"
        raise ApiError(404, "not_found", message, "camera", sorted(self.registry.devices))


CONTEXT: web.AppKey[WebContext] = web.AppKey("context", WebContext)
HOLDER: web.RequestKey[Holder] = web.RequestKey("holder", Holder)
"""Of each request that needed a permission."""
