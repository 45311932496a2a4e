"""Pictures over HTTP: MJPEG streams, the next frame, and the last snapshots."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mqttcam.camera.frame import Picture
from mqttcam.camera.status import WITHOUT_FRAMES, CameraStatus, CameraUnavailable
from mqttcam.devices.camera import CameraDevice
from mqttcam.web.connected_viewers import ConnectedViewer
from mqttcam.web.context import CONTEXT
from mqttcam.web.endless import NOT_CACHED, EndlessResponse
from mqttcam.web.errors import RETRY_AFTER, ApiError
from mqttcam.web.mjpeg import BOUNDARY, FIRST_BOUNDARY, MjpegClient, MjpegStream
from mqttcam.web.picture_query import PictureQuery, picture_query, width_in
from mqttcam.web.placeholder import placeholder
from mqttcam.web.timing import Timing


async def stream(request: web.Request) -> web.StreamResponse:
    """Send frames until the client disconnects: `stream.mjpg?fps=&width=&quality=`."""
    context = request.app[CONTEXT]
    device = context.device(request)
    query = picture_query(request.query)
    if device.camera.status in WITHOUT_FRAMES:
        return _unavailable(request, device)
    with context.watch(request, device) as shown:
        return await _stream(request, device, query, shown)


async def _stream(
    request: web.Request, device: CameraDevice, query: PictureQuery, shown: ConnectedViewer
) -> web.StreamResponse:
    context = request.app[CONTEXT]
    # The heartbeat, the longest time in seconds between two parts, is for the client's information.
    response = EndlessResponse(
        {
            "Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}",
            "X-Heartbeat": f"{context.timing.heartbeat:g}",
        }
    )
    writer = await response.prepare(request)
    if request.method == "HEAD" or writer is None or request.transport is None:
        return response
    await response.write(FIRST_BOUNDARY)
    client = MjpegClient(request.transport, query.fps)
    with context.streams.subscribe(device, client, query.encoding) as mjpeg_stream:
        shown.use("mjpeg", client)
        context.publisher.changed()
        try:
            await send_pictures(client, writer, mjpeg_stream, context.timing)
        except (TimeoutError, ConnectionError):
            client.end()
    context.publisher.changed()
    return response


async def send_pictures(
    client: MjpegClient, writer: AbstractStreamWriter, mjpeg_stream: MjpegStream, timing: Timing
) -> None:
    """Until the stream ends, wait after each picture that was not sent at once for its last byte.

    While there is no new picture, the last one is sent again at each heartbeat.

    Raises:
        TimeoutError: the client has read nothing for a while.
        ConnectionError: the client has disconnected.
    """
    while not client.ended:
        try:
            async with asyncio.timeout(timing.heartbeat):
                await client.congested.wait()
        except TimeoutError:
            client.repeat()
            continue
        async with asyncio.timeout(timing.stalled):
            await writer.drain()
        client.drained()
        mjpeg_stream.update()


async def snapshot(request: web.Request) -> web.StreamResponse:
    """Return the next frame: `snapshot.jpg?width=&quality=`."""
    context = request.app[CONTEXT]
    device = context.device(request)
    query = picture_query(request.query)
    try:
        with context.snapshot_encodings.use(device, query.encoding) as encoding:
            spec, timeout = encoding.spec(device), context.timing.snapshot
            picture = await device.camera.take_snapshot(spec, timeout)
    except CameraUnavailable as error:
        return _unavailable(request, device, str(error))
    return _picture(picture, f"{device.id}-{_local_time(picture)}.jpg", NOT_CACHED)


async def kept_snapshot(request: web.Request) -> web.StreamResponse:
    """Return one of the last snapshots, which never changes: `?width=` for a smaller version."""
    context = request.app[CONTEXT]
    device = context.device(request)
    snapshot_id, width = request.match_info["snapshot"], width_in(request.query)
    picture = context.history.find(device.id, snapshot_id)
    if picture is None:
        known = [item["id"] for item in context.history.list(device.id)]
        raise ApiError(404, "not_found", "this snapshot is not kept any more", "snapshot", known)
    immutable = {"Cache-Control": "private, max-age=31536000, immutable"}
    smaller = None if width is None else await context.previews.of(picture.jpeg, width)
    return _picture(picture, f"{device.id}-{_local_time(picture)}.jpg", immutable, smaller)


def _picture(
    picture: Picture, name: str, headers: dict[str, str], smaller: bytes | None = None
) -> web.Response:
    """Return a response with a picture, or with a smaller version of it."""
    return web.Response(
        body=smaller or picture.jpeg,
        content_type="image/jpeg",
        headers=headers
        | {
            "X-Timestamp": f"{picture.ts_ns / 1e9:.6f}",
            "X-Sequence": str(picture.seq),
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )


def _unavailable(request: web.Request, device: CameraDevice, reason: str | None = None) -> web.Response:
    """Return 503 with the placeholder and the reason in `X-Reason`.

    Raises:
        ApiError: the client prefers JSON.
    """
    status = device.camera.status
    text = (
        reason
        or (device.camera.last_error if status is not CameraStatus.OFF else None)
        or f"the camera is {status.value}"
    )
    headers = {"Retry-After": RETRY_AFTER}
    if "application/json" in request.headers.get("Accept", ""):
        raise ApiError(503, "unavailable", text, headers=headers)
    printable = "".join(
        character if character.isascii() and character.isprintable() else "?" for character in text
    )
    return web.Response(
        status=503,
        body=placeholder(),
        content_type="image/jpeg",
        headers=NOT_CACHED | headers | {"X-Reason": printable[:200]},
    )


def _local_time(picture: Picture) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(picture.ts_ns / 1e9))
