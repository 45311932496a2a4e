"""Tuning files of Raspberry Pi cameras over HTTP: list, download, upload, delete."""

from __future__ import annotations

import asyncio

from aiohttp import web

from mqttcam.camera.tuning_files import (
    MAX_BYTES,
    MAX_FILES,
    InvalidTuningFile,
    TooManyTuningFiles,
    TuningFile,
    read_tuning,
)
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import StreamSettings
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError, json_response


async def tuning_files(request: web.Request) -> web.Response:
    """Send the list of tuning files: those of users, and those of libcamera for each kind of Pi."""
    files = await asyncio.to_thread(request.app[CONTEXT].tuning_files.files)
    return json_response({"files": [_describe(request, file) for file in files]})


async def tuning_file(request: web.Request) -> web.Response:
    """Send a tuning file: a user's, or else libcamera's for the kind of Pi in the query (`vc4`, `pisp`)."""
    name, platform = request.match_info["name"], request.query.get("platform")
    files = await asyncio.to_thread(request.app[CONTEXT].tuning_files.files)
    for file in files:
        if file.name == name and (file.is_users or platform in (None, file.folder)):
            headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
            try:
                data = await asyncio.to_thread(read_tuning, file)
            except OSError as error:
                raise ApiError(
                    503, "unavailable", f"{name} cannot be read: {error.strerror or error}"
                ) from None
            return web.Response(body=data, content_type="application/json", headers=headers)
    raise _unknown(sorted({file.name for file in files}))


async def put_tuning_file(request: web.Request) -> web.Response:
    """Save a user's tuning file, replacing one of the same name."""
    name = request.match_info["name"]
    data = await body(request, MAX_BYTES)
    if len(data) > MAX_BYTES:
        raise ApiError(413, "too_large", f"a tuning file may have at most {MAX_BYTES} bytes", "file")
    try:
        is_new = await asyncio.to_thread(request.app[CONTEXT].tuning_files.write, name, data)
    except InvalidTuningFile as error:
        raise ApiError(400, "invalid_value", f"{name} {error}", error.field) from None
    except TooManyTuningFiles:
        message = f"there are {MAX_FILES} tuning files, the maximum: delete one first"
        raise ApiError(413, "too_large", message, "name") from None
    except OSError as error:
        raise ApiError(503, "unavailable", f"{name} cannot be written: {error.strerror or error}") from None
    return json_response({"ok": True, "name": name}, 201 if is_new else 200)


async def delete_tuning_file(request: web.Request) -> web.Response:
    """Delete a user's tuning file that no camera uses."""
    name, context = request.match_info["name"], request.app[CONTEXT]
    if users := _used_by(request, name):
        message = f"{name} is the tuning_file of {', '.join(users)}: remove it from the configuration first"
        raise ApiError(409, "busy", message, "name")
    try:
        deleted = await asyncio.to_thread(context.tuning_files.delete, name)
    except InvalidTuningFile:
        deleted = False
    except OSError as error:
        raise ApiError(503, "unavailable", f"{name} cannot be deleted: {error.strerror or error}") from None
    if not deleted:
        files = await asyncio.to_thread(context.tuning_files.files)
        raise _unknown(sorted(file.name for file in files if file.is_users))
    return json_response({"ok": True})


def _describe(request: web.Request, file: TuningFile) -> dict[str, object]:
    used_by = _used_by(request, file.name) if file.is_users else []
    return {"name": file.name, "folder": file.folder, "used_by": used_by}


def _used_by(request: web.Request, name: str) -> list[str]:
    """Return the ids of the cameras that are configured with a tuning file, by themselves or by a preset."""
    devices = request.app[CONTEXT].registry.devices
    return [camera_id for camera_id, device in devices.items() if name in _named_by(device.settings)]


def _named_by(settings: CameraSettings) -> set[str | None]:
    sources = (settings.source, *(preset.source for preset in settings.presets.values()))
    return {source.tuning_file for source in sources if isinstance(source, StreamSettings)}


def _unknown(names: list[str]) -> ApiError:
    return ApiError(404, "not_found", "no such tuning file", "name", names)
