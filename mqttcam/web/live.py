"""Live video for the page, over a WebSocket: `/cameras/<cam>/live?mode=&fps=&width=&quality=`.

The mode says what the server sends:

- `video`, the default: the text `{"codec": "avc1.…", "heartbeat": 5}`, the initialization segment, and one fragment per
  frame, for Media Source Extensions. The first two are sent again when the codec or the size has changed. Before the
  fragment of a keyframe comes the text `{"ts": 1795980612.4, "time": 4.0}`: the time of its capture in Unix seconds,
  and its time in the video in seconds.
- `jpeg`: one picture per message; with `times=1`, the text `{"ts": 1795980612.4, "seq": 1812}` before each: the time of
  its capture in Unix seconds, and its number.

The text `{"heartbeat": 5}` comes at that interval in seconds, so that clients notice a dead connection, and
`{"error": {…}}` before the end. The client may send the same parameters as JSON to change the mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from aiohttp.abc import AbstractStreamWriter
from msgspec import Struct

from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.sockets import keep_unsent_small
from mqttcam.values import InvalidValue, Switch
from mqttcam.video.encoder import VideoUnavailable, check_available
from mqttcam.web.connected_viewers import ConnectedViewer
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError
from mqttcam.web.messages import picture_message, text_message, timed_picture_message
from mqttcam.web.mjpeg import Framing, MjpegClient
from mqttcam.web.picture_query import PictureQuery, picture_query
from mqttcam.web.pictures import send_pictures
from mqttcam.web.video_streams import VideoClient, unavailable
from mqttcam.web.websocket import cancel, require_websocket, websocket

_MAX_DELAY = 2.0
"""Seconds after which video for a slow client is dropped instead of sent."""
MODES = ("video", "jpeg")
_TIMES = Switch()


class _Pictures(Struct, frozen=True):
    """The pictures that a client requests.

    Attributes:
        framing: how each of them is sent.
    """

    query: PictureQuery
    framing: Framing


async def live(request: web.Request) -> web.StreamResponse:
    """Send video or pictures until the client disconnects.

    Raises:
        ApiError: the request opens no WebSocket, its parameters are invalid, or the camera delivers no frames.
    """
    context = request.app[CONTEXT]
    device = context.device(request)
    require_websocket(request)
    pictures = _pictures(request.query)
    _require_frames(device)
    socket = websocket(request)
    with context.watch(request, device) as shown:
        writer = await socket.prepare(request)
        if request.transport is not None:
            await _Connection(context, device, socket, writer, request.transport, shown).run(pictures)
    context.publisher.changed()
    return socket


def _pictures(values: Mapping[str, object]) -> _Pictures | None:
    """Return which pictures a client requests; None if it requests video.

    Raises:
        ApiError: the parameters are invalid.
    """
    mode = values.get("mode", "video")
    if mode not in MODES:
        raise ApiError(400, "invalid_value", "the mode is unknown", "mode", MODES)
    if mode == "video":
        return None
    try:
        times = _TIMES.coerce(values.get("times", False))
    except InvalidValue as error:
        raise ApiError(400, "invalid_value", error.message, "times", error.allowed) from None
    return _Pictures(picture_query(values), timed_picture_message if times else picture_message)


def _require_frames(device: CameraDevice) -> None:
    status = device.camera.status
    if status in WITHOUT_FRAMES:
        raise unavailable(f"the camera is {status.value}")


class _Connection:
    """One client."""

    def __init__(
        self,
        context: WebContext,
        device: CameraDevice,
        socket: web.WebSocketResponse,
        writer: AbstractStreamWriter,
        transport: asyncio.Transport,
        shown: ConnectedViewer,
    ) -> None:
        self._context = context
        self._device = device
        self._socket = socket
        self._writer = writer
        self._transport = transport
        self._shown = shown

    async def run(self, pictures: _Pictures | None) -> None:
        """Serve the client until either side ends."""
        heartbeat = self._context.timing.heartbeat
        receiving = asyncio.ensure_future(self._socket.receive())
        sending = asyncio.ensure_future(self._send(pictures))
        try:
            while not sending.done():
                await asyncio.wait(
                    {receiving, sending}, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED
                )
                if not receiving.done():
                    self._write_heartbeat(heartbeat)
                    continue
                message = receiving.result()
                if message.type is not WSMsgType.TEXT:
                    return
                await cancel(sending)
                sending = asyncio.ensure_future(self._change_mode(message))
                receiving = asyncio.ensure_future(self._socket.receive())
            sending.result()
        finally:
            await cancel(sending, receiving)
        await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _change_mode(self, message: WSMessage) -> None:
        try:
            pictures = _pictures(_json_object(message.data))
        except ApiError as error:
            self._write_error(error)
        else:
            await self._send(pictures)

    async def _send(self, pictures: _Pictures | None) -> None:
        try:
            _require_frames(self._device)
            await (self._send_video() if pictures is None else self._send_pictures(pictures))
        except ApiError as error:
            self._write_error(error)

    async def _send_video(self) -> None:
        """Send video until the client disconnects or stalls.

        Raises:
            ApiError: there is no video, or no more.
        """
        try:
            await asyncio.to_thread(check_available)
        except VideoUnavailable as error:
            raise ApiError(503, "not_supported", str(error)) from None
        timing = self._context.timing
        client = VideoClient(_MAX_DELAY)
        keep_unsent_small(self._transport.get_extra_info("socket"))
        self._shown.use("video", client)
        with self._context.fragment_streams.subscribe(self._device, client):
            self._context.publisher.changed()
            await client.wait_first(timing, self._device.video)
            client.attach(self._transport)
            await client.wait_ended(timing)
        if client.problem is not None:
            raise unavailable(client.problem)

    async def _send_pictures(self, wanted: _Pictures) -> None:
        client = MjpegClient(self._transport, wanted.query.fps, wanted.framing)
        self._shown.use("pictures", client)
        with self._context.streams.subscribe(self._device, client, wanted.query.encoding) as stream:
            self._context.publisher.changed()
            try:
                await send_pictures(client, self._writer, stream, self._context.timing)
            except (TimeoutError, ConnectionError):
                client.end()

    def _write_heartbeat(self, heartbeat: float) -> None:
        # A client that reads nothing must not seem to make progress.
        if not self._transport.get_write_buffer_size():
            self._write({"heartbeat": heartbeat})

    def _write_error(self, error: ApiError) -> None:
        self._write({"error": error.body()["error"]})

    def _write(self, data: object) -> None:
        if not self._transport.is_closing():
            self._transport.write(text_message(data))


def _json_object(text: str) -> Mapping[str, object]:
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise ApiError(400, "invalid_json", "the message is not a JSON object")
    return data
