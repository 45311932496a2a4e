"""What every request handler may use: the daemon's parts, looked up at each request, and the page's own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from aiohttp import web

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import CameraDevice
from mqttcam.settings.web import WebSettings
from mqttcam.values import InvalidValue, Number
from mqttcam.web.auth import Authenticator
from mqttcam.web.errors import ApiError
from mqttcam.web.mjpeg import MjpegStreams
from mqttcam.web.snapshot_history import SnapshotHistory
from mqttcam.web.state_publisher import StatePublisher

_INGRESS_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class WebContext:
    """The parts, by name."""

    def __init__(self, settings: WebSettings, registry: DeviceRegistry, access: Authenticator) -> None:
        self.settings = settings
        self.registry = registry
        self.access = access
        self.viewers = MjpegStreams()
        self.history = SnapshotHistory(settings.history)
        self.live = StatePublisher(registry, self.viewers, self.history)
        self._attended: dict[str, CameraDevice] = {}

    @property
    def cookie(self) -> str:
        """The session's cookie; cookies know no ports, so each node has a name of its own."""
        return f"mqttcam_{self.registry.node.id}"

    def open(self) -> None:
        """Follow the cameras that there are, and those that come."""
        self.registry.listeners.add(self._attend)
        self._attend()

    def close(self) -> None:
        """End every stream, and look out for cameras no more."""
        self.registry.listeners.remove(self._attend)
        self.live.close()
        self.viewers.close()

    def _attend(self) -> None:
        """Follow cameras that are new since the last call, and let go of those that are no more."""
        for camera_id, device in tuple(self._attended.items()):
            if self.registry.devices.get(camera_id) is not device:
                del self._attended[camera_id]
                self.viewers.close(device)
                self.history.forget(camera_id)
        for camera_id, device in self.registry.devices.items():
            if camera_id not in self._attended:
                self._attended[camera_id] = device
                self._follow(device)
        self.live.changed()

    def _follow(self, device: CameraDevice) -> None:
        def changed() -> None:
            self.viewers.changed(device)
            self.live.changed()

        device.add_listener(changed)
        device.snapshot_sinks.append(self.history.sink(device.id))

    def base(self, request: web.Request) -> str:
        """What stands before our paths, as the browser sees them: ingress, a proxy's prefix, or nothing."""
        ingress = request.headers.get("X-Ingress-Path", "")
        return ingress if _INGRESS_PATH.fullmatch(ingress) else self.settings.path_prefix

    def device(self, request: web.Request) -> CameraDevice:
        """The camera that a path names, or the first where it names none.

        Raises:
            ApiError: there is none; the known ones are listed.
        """
        camera_id = request.match_info.get("camera")
        if camera_id is not None and camera_id in self.registry.devices:
            return self.registry.devices[camera_id]
        number = 1 if request.path.endswith("2") else 0
        if camera_id is None and len(self.registry.devices) > number:
            return list(self.registry.devices.values())[number]
        message = "there is no such camera" if camera_id is not None else "there is no camera to show here"
        raise ApiError(404, "not_found", message, "camera", sorted(self.registry.devices))


CONTEXT: web.AppKey[WebContext] = web.AppKey("context", WebContext)

QUERY: dict[str, Number] = {
    "fps": Number(0.01, 240),
    "width": Number(16, 16384, integer=True),
    "quality": Number(1, 100, integer=True),
}
"""What the addresses of pictures take."""


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """The pictures that a request asks for.

    Attributes:
        fps: pictures a second at the most; infinity for every frame.
        width: pixels at the most; `None` for the camera's own.
        quality: JPEG quality; `None` for the camera's own.
    """

    fps: float
    width: int | None
    quality: int | None


def wish(request: web.Request) -> PictureQuery:
    """The numbers in a request's query.

    Raises:
        ApiError: one is not what it may be.
    """
    numbers: dict[str, int | float] = {}
    for name, kind in QUERY.items():
        try:
            if name in request.query:
                numbers[name] = kind.coerce(request.query[name])
        except InvalidValue as error:
            raise ApiError(400, "invalid_value", error.message, name, error.allowed) from None
    width, quality = numbers.get("width"), numbers.get("quality")
    return PictureQuery(
        float(numbers.get("fps", math.inf)),
        None if width is None else int(width),
        None if quality is None else int(quality),
    )
