"""The analysis of a camera's motion detection, live over a WebSocket: `/api/cameras/<cam>/motion`.

Each message is a JSON object with one of these keys:

- `detection`: whether motion is detected, with which thresholds, zones and masks; at first, and after each change.
- `analysis`: an `Observation`, with its cells in Base64. A slow client misses some.
- `heartbeat`: seconds between two of them, so that clients notice a dead connection.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from functools import partial

import orjson
from aiohttp import WSCloseCode, web

from mqttcam.camera.status import CameraStatus
from mqttcam.devices.motion import CameraMotion
from mqttcam.motion.observation import Observation
from mqttcam.settings.cameras import default_name
from mqttcam.sockets import keep_unsent_small
from mqttcam.web.context import CONTEXT, HOLDER
from mqttcam.web.errors import ApiError
from mqttcam.web.motion_viewers import MotionViewer
from mqttcam.web.places import hang_up
from mqttcam.web.websocket import cancel, require_websocket, websocket


async def motion(request: web.Request) -> web.StreamResponse:
    """Send the analysis until the client disconnects or the camera is removed.

    Raises:
        ApiError: the camera has no motion detection, or the request opens no WebSocket.
    """
    context = request.app[CONTEXT]
    device = context.device(request)
    detection = device.motion
    if detection is None:
        message = "this camera has no motion detection: add `motion: true` to it in the configuration"
        raise ApiError(400, "not_supported", message)
    require_websocket(request)
    socket = websocket(request)
    with context.update_streams.take(request[HOLDER], partial(hang_up, request)):
        await socket.prepare(request)
        if request.transport is not None:
            keep_unsent_small(request.transport.get_extra_info("socket"))
        with (
            context.motion_viewers.view(device) as viewer,
            context.join(request, device) as shown,
            detection.watchers.watch(viewer.observe),
        ):
            shown.use("motion", viewer)
            await _serve(socket, viewer, detection, context.timing.heartbeat)
    return socket


async def _serve(
    socket: web.WebSocketResponse, viewer: MotionViewer, detection: CameraMotion, heartbeat: float
) -> None:
    receiving = asyncio.ensure_future(socket.receive())
    sending = asyncio.ensure_future(_send(socket, viewer, detection, heartbeat))
    try:
        await asyncio.wait({receiving, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            with contextlib.suppress(ConnectionError):
                sending.result()
    finally:
        await cancel(receiving, sending)
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def _send(
    socket: web.WebSocketResponse, viewer: MotionViewer, detection: CameraMotion, heartbeat: float
) -> None:
    """Send new data until the view ends.

    Raises:
        ConnectionError: the client has disconnected.
    """
    loop = asyncio.get_running_loop()
    shown: object = None
    due = loop.time()
    while not viewer.ended:
        viewer.news.clear()
        messages: list[dict[str, object]] = []
        if (described := _described(viewer, detection)) != shown:
            messages.append({"detection": described})
            shown = described
        if (observation := viewer.take()) is not None:
            messages.append({"analysis": _as_json(observation)})
        if not messages and loop.time() >= due:
            messages.append({"heartbeat": heartbeat})
        for message in messages:
            text = orjson.dumps(message).decode()
            viewer.sent += "analysis" in message
            viewer.bytes_sent += len(text)
            await socket.send_str(text)
            due = loop.time() + heartbeat
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await viewer.news.wait()


def _described(viewer: MotionViewer, detection: CameraMotion) -> dict[str, object]:
    zones = [
        {
            "zone": zone,
            "name": default_name(zone),
            "points": settings.points,
            "threshold": settings.threshold,
            "armed": detection.is_armed(zone),
        }
        for zone, settings in detection.areas.zones.items()
    ]
    return {
        "status": _status(viewer, detection),
        "threshold": detection.threshold,
        "zones": zones,
        "masks": [mask.points for mask in detection.areas.masks],
    }


def _status(viewer: MotionViewer, detection: CameraMotion) -> str:
    """Return `on`, or the reason why no motion is detected: `off`, `inactive` at this time, or `no_frames`."""
    if not detection.enabled:
        return "off"
    if detection.active is False:
        return "inactive"
    return "on" if viewer.device.camera.status is CameraStatus.RUNNING else "no_frames"


def _as_json(observation: Observation) -> dict[str, object]:
    return {
        "ts": observation.ts_ns / 1e9,
        "seq": observation.seq,
        "finding": observation.finding,
        "score": round(observation.score, 2),
        "box": None if observation.box is None else [round(share, 4) for share in observation.box],
        "zones": {zone: round(float(score), 2) for zone, score in observation.zones},
        "columns": observation.columns,
        "cells": base64.b64encode(observation.cells).decode(),
    }
