"""Pictures over HTTP: the endless stream, one from now, and the last snapshots."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.status import WITHOUT_FRAMES, CameraStatus, CameraUnavailable
from mqttcam.devices.camera import CameraDevice
from mqttcam.web.context import CONTEXT, wish
from mqttcam.web.errors import ApiError
from mqttcam.web.mjpeg import BOUNDARY, FIRST, MjpegClient, MjpegStream
from mqttcam.web.placeholder import placeholder

_STALLED = 30.0
"""Seconds after which a client that takes nothing is let go."""
_SNAPSHOT_TIMEOUT = 10.0
_RETRY_AFTER = "5"


class _Multipart(web.StreamResponse):
    """An endless answer without chunks, ended by closing the connection.

    Small MJPEG clients read parts and nothing else: every server of such streams sends them bare.
    """

    _length_check = False  # the library's own way, of its WebSockets, to neither count nor chunk the body

    def __init__(self) -> None:
        super().__init__(headers={"Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}"} | _NOW)
        self.force_close()


_NOW = {"Cache-Control": "no-store", "Pragma": "no-cache", "Age": "0"}


async def stream(request: web.Request) -> web.StreamResponse:
    """`stream.mjpg?fps=&width=&quality=`."""
    context = request.app[CONTEXT]
    device = context.device(request)
    wanted = wish(request)
    if device.camera.status in WITHOUT_FRAMES:
        return _unavailable(request, device)
    if len(context.viewers) >= context.settings.max_viewers:
        raise ApiError(
            503,
            "busy",
            "too many viewers",
            allowed={"max_viewers": context.settings.max_viewers},
            headers={"Retry-After": _RETRY_AFTER},
        )
    response = _Multipart()
    writer = await response.prepare(request)
    if request.method == "HEAD" or writer is None or request.transport is None:
        return response
    await response.write(FIRST)
    viewer = MjpegClient(request.transport, wanted.fps)
    with context.viewers.joined(device, viewer, wanted.width, wanted.quality) as audience:
        context.live.changed()
        try:
            await _keep_flowing(viewer, writer, audience)
        except (TimeoutError, ConnectionError):
            viewer.end()
    context.live.changed()
    return response


async def _keep_flowing(viewer: MjpegClient, writer: AbstractStreamWriter, audience: MjpegStream) -> None:
    """Until the stream ends: after each picture that did not go out at once, wait for its last byte.

    Raises:
        TimeoutError: the client takes nothing any more.
        ConnectionError: it has gone.
    """
    while not viewer.ended:
        await viewer.congested.wait()
        async with asyncio.timeout(_STALLED):
            await writer.drain()
        viewer.relieved()
        audience.update()


async def snapshot(request: web.Request) -> web.StreamResponse:
    """`snapshot.jpg?width=&quality=`: the next frame."""
    device = request.app[CONTEXT].device(request)
    wanted = wish(request)
    spec = PictureSpec(wanted.quality or device.image_quality, wanted.width)
    try:
        picture = await device.camera.take(spec, timeout=_SNAPSHOT_TIMEOUT)
    except CameraUnavailable as error:
        return _unavailable(request, device, str(error))
    return _picture(picture, f"{device.id}-{_stamp(picture)}.jpg", _NOW)


async def kept_snapshot(request: web.Request) -> web.StreamResponse:
    """One of the last snapshots; it never changes."""
    context = request.app[CONTEXT]
    device = context.device(request)
    snapshot_id = request.match_info["snapshot"]
    picture = context.history.find(device.id, snapshot_id)
    if picture is None:
        known = [item["id"] for item in context.history.list(device.id)]
        raise ApiError(404, "not_found", "there is no such snapshot any more", "snapshot", known)
    forever = {"Cache-Control": "private, max-age=31536000, immutable"}
    return _picture(picture, f"{device.id}-{_stamp(picture)}.jpg", forever)


def _picture(picture: Picture, name: str, headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=picture.jpeg,
        content_type="image/jpeg",
        headers=headers
        | {
            "X-Timestamp": f"{picture.ts_ns / 1e9:.6f}",
            "X-Sequence": str(picture.seq),
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )


def _unavailable(request: web.Request, device: CameraDevice, reason: str | None = None) -> web.Response:
    """503: the reason for programs, a picture that says so for whoever asked for one."""
    status = device.camera.status
    text = (
        reason
        or (device.camera.last_error if status is not CameraStatus.OFF else None)
        or f"the camera is {status.value}"
    )
    headers = {"Retry-After": _RETRY_AFTER}
    if "application/json" in request.headers.get("Accept", ""):
        raise ApiError(503, "unavailable", text, headers=headers)
    plain = "".join(
        character if character.isascii() and character.isprintable() else "?" for character in text
    )
    return web.Response(
        status=503,
        body=placeholder(),
        content_type="image/jpeg",
        headers=_NOW | headers | {"X-Reason": plain[:200]},
    )


def _stamp(picture: Picture) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(picture.ts_ns / 1e9))
