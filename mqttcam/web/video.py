"""Live video over HTTP, for Home Assistant's Generic Camera, go2rtc, Frigate, VLC and ffmpeg."""

from __future__ import annotations

import asyncio

from aiohttp import web

from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.video.encoder import VideoUnavailable, check_available
from mqttcam.video.transport_stream import CONTENT_TYPE
from mqttcam.web.context import CONTEXT
from mqttcam.web.endless import EndlessResponse
from mqttcam.web.errors import ApiError
from mqttcam.web.video_streams import VideoClient, unavailable


async def transport_stream(request: web.Request) -> web.StreamResponse:
    """Send a camera's video until the client disconnects: `stream.ts`.

    Raises:
        ApiError: the camera delivers no frames, or there can be no video.
    """
    context = request.app[CONTEXT]
    device = context.device(request)
    await _require_video(device)
    response = EndlessResponse({"Content-Type": CONTENT_TYPE})
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    client = VideoClient()
    with (
        context.watch(request, device) as shown,
        context.transport_streams.subscribe(device, client),
    ):
        shown.use("mpegts", client)
        context.publisher.changed()
        await client.wait_first(context.timing, device.video)
        await response.prepare(request)
        if request.transport is not None:
            client.attach(request.transport)
            await client.wait_ended(context.timing)
    context.publisher.changed()
    return response


async def _require_video(device: CameraDevice) -> None:
    camera = device.camera
    if camera.status in WITHOUT_FRAMES:
        raise unavailable(f"the camera is {camera.status.value}")
    try:
        await asyncio.to_thread(check_available)  # loads PyAV, which takes a while
    except VideoUnavailable as error:
        raise ApiError(503, "unavailable", str(error)) from None
