"""Cameras of the configuration file over HTTP: list, test, add, change, remove; only where `web.edit` is true."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson
from aiohttp import web

from mqttcam.settings import Settings, SettingsError
from mqttcam.settings.document.tree import TreeNode
from mqttcam.settings.editing.camera_changes import FOLDERS, KEYS, SOURCES, RefusedChange
from mqttcam.settings.editing.config_editor import (
    Change,
    ConfigEditor,
    Conflict,
    ReadOnly,
    ShownCamera,
)
from mqttcam.settings.editing.config_file import BACKUP_SUFFIX
from mqttcam.settings.editing.section_text import line_of, section_from_text
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response

log = logging.getLogger(__name__)

_MAX_BODY = 256_000
T = TypeVar("T")


async def setup(request: web.Request) -> web.Response:
    """Send the cameras of the configuration, and whether they can be changed."""
    context, editor = editor_of(request)
    try:
        state = await asyncio.to_thread(editor.state)
    except SettingsError as error:
        raise invalid(error) from None
    return json_response(
        {
            "file": None if state.path is None else str(state.path),
            "backup": None if state.path is None else f"{state.path}{BACKUP_SUFFIX}",
            "revision": state.revision,
            "read_only": state.read_only,
            "keys": KEYS,
            "sources": SOURCES,
            "folders": [*map(str, FOLDERS), str(context.library.path.absolute())]
            if context.library
            else FOLDERS,
            "cameras": [_describe(editor, camera) for camera in state.cameras],
        }
    )


async def found(request: web.Request) -> web.Response:
    """Send the cameras of this machine, and which of them a running camera has open.

    Raises:
        ApiError: a driver does not answer.
    """
    context, _ = editor_of(request)
    users: dict[tuple[str, object], str] = {
        (device.settings.source.type, device.settings.source.exclusive_device): camera_id
        for camera_id, device in context.registry.devices.items()
    }
    cameras = await context.camera_search.cameras()
    return json_response(
        {
            "cameras": [
                {
                    "id": camera.id,
                    "model": camera.model,
                    "source": dict(camera.source),
                    "sizes": [f"{width}x{height}" for width, height in camera.sizes],
                    "used_by": users.get((str(camera.source["type"]), _device(camera.source))),
                }
                for camera in cameras
            ]
        }
    )


async def check(request: web.Request) -> web.Response:
    """Validate a camera's section, and send it as text to paste; writes nothing."""
    _, editor = editor_of(request)
    given = await _given(request)
    await _proposed(editor, given)
    text = editor.text_of(given.camera_id, given.section)
    return json_response({"ok": True, "text": text, "section": _section_of(text), "camera": given.section})


async def test(request: web.Request) -> web.Response:
    """Send a picture of a camera with proposed settings."""
    context, editor = editor_of(request)
    given = await _given(request)
    settings = await _proposed(editor, given)
    camera = settings.cameras[given.camera_id]
    return json_response(await context.proposed_pictures.take(given.camera_id, camera))


async def put_camera(request: web.Request) -> web.Response:
    """Add or change a camera."""
    context, editor = editor_of(request)
    given = await _given(request)

    async def change() -> Change:
        if given.create and given.camera_id in context.registry.devices:
            raise ApiError(409, "conflict", f"there is a camera {given.camera_id} already", "id")
        return await in_words(
            lambda: editor.change(given.camera_id, given.section, given.revision), given.tree
        )

    return await _carry_out(request, change)


async def delete_camera(request: web.Request) -> web.Response:
    """Remove a camera from the configuration; its recordings stay."""
    _, editor = editor_of(request)
    camera_id, revision = request.match_info["camera"], request.query.get("revision", "")
    return await _carry_out(request, lambda: in_words(lambda: editor.change(camera_id, None, revision)))


class _Given:
    """What a request asks for.

    Attributes:
        tree: that of the section if it was given as text.
        create: whether the camera must not be there yet.
    """

    def __init__(
        self,
        camera_id: str,
        section: dict[str, Any],
        tree: TreeNode | None,
        revision: str,
        *,
        create: bool = False,
    ) -> None:
        self.camera_id = camera_id
        self.section = section
        self.tree = tree
        self.revision = revision
        self.create = create


def editor_of(request: web.Request) -> tuple[WebContext, ConfigEditor]:
    context = request.app[CONTEXT]
    assert context.editor is not None, "checked by the permission"
    return context, context.editor


async def _given(request: web.Request) -> _Given:
    """Return what a request asks for.

    Raises:
        ApiError: the body is not valid.
    """
    data = await body(request, _MAX_BODY)
    if len(data) > _MAX_BODY:
        raise ApiError(413, "too_large", f"a camera may have at most {_MAX_BODY} bytes")
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        given = None
    camera_id = request.match_info.get("camera") or (given.get("id") if isinstance(given, dict) else None)
    if not isinstance(given, dict) or not isinstance(camera_id, str) or not camera_id:
        allowed = {"id": "text", "camera": "section", "revision": "text"}
        raise ApiError(400, "invalid_json", "the body is not a camera", allowed=allowed)
    revision, create = str(given.get("revision", "")), given.get("create") is True
    if isinstance(text := given.get("text"), str):
        try:
            section, tree = section_from_text(text)
        except SettingsError as error:
            problem = error.problems[0]
            message = f"line {problem.line or 1}: {problem.message}"
            raise ApiError(400, "invalid_value", message, problem.key or "text", problem.allowed) from None
        return _Given(camera_id, section, tree, revision, create=create)
    camera = given.get("camera")
    if not isinstance(camera, dict):
        raise ApiError(400, "invalid_value", "is not a section", "camera", "an object, or `text` with YAML")
    return _Given(camera_id, camera, None, revision, create=create)


async def _proposed(editor: ConfigEditor, given: _Given) -> Settings:
    found = await in_words(lambda: editor.proposed(given.camera_id, given.section), given.tree)
    return found[2]


async def in_words(work: Callable[[], T], tree: TreeNode | None = None) -> T:
    """Return what `work` returns, called in a thread.

    Args:
        tree: of the text that was given, whose lines errors name.

    Raises:
        ApiError: it failed.
    """
    try:
        return await asyncio.to_thread(work)
    except RefusedChange as error:
        line = line_of(tree, error.key) if tree is not None else None
        message = str(error) if line is None else f"line {line}: {error}"
        raise ApiError(400, "invalid_value", message, error.key or None, error.allowed) from None
    except Conflict as error:
        raise ApiError(409, "conflict", str(error), "revision") from None
    except ReadOnly as error:
        raise ApiError(409, "read_only", str(error)) from None
    except SettingsError as error:
        raise invalid(error) from None
    except RecursionError:
        raise ApiError(400, "invalid_value", "the section is nested too deeply", "camera") from None


def invalid(error: SettingsError) -> ApiError:
    return ApiError(409, "invalid_value", f"the configuration file is not valid: {error.problems[0]}")


async def _carry_out(request: web.Request, change: Callable[[], Awaitable[Change]]) -> web.Response:
    """Change the file and apply it; the client may disconnect meanwhile."""
    task = request.app[CONTEXT].keep(asyncio.ensure_future(change_and_apply(request.app[CONTEXT], change)))
    done = await asyncio.shield(task)
    return json_response({"ok": True, "revision": done.revision})


async def change_and_apply(context: WebContext, change: Callable[[], Awaitable[Change]]) -> Change:
    """Change the file and reload; if that fails, put the old file back.

    Raises:
        ApiError: nothing was changed.
    """
    assert context.editor is not None
    async with context.editing:
        done = await change()
        log.info(
            "%s: changed on the web page; before: %s%s",
            context.editor.path,
            context.editor.path,
            BACKUP_SUFFIX,
        )
        daemon = context.registry.node.daemon
        failure: str | None
        try:
            await daemon.reload()
            failure = await daemon.applied()
        except SettingsError as error:
            failure = str(error.problems[0])
        if failure is None:
            return done
        log.error("the change on the web page cannot be applied: %s; the file is put back", failure)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(context.editor.undo, done)
        with contextlib.suppress(SettingsError):
            await daemon.reload()
            await daemon.applied()
        raise ApiError(503, "unavailable", f"it cannot be applied, so nothing was changed: {failure}")


def _describe(editor: ConfigEditor, camera: ShownCamera) -> dict[str, object]:
    section = camera.section
    return {
        "id": camera.id,
        "camera": section,
        "text": "" if section is None else _section_of(editor.text_of(camera.id, section)),
        "hidden": camera.hidden,
        "variables": camera.variables,
    }


def _section_of(text: str) -> str:
    """Return the lines of a camera's section alone, of those with `cameras` and its id above."""
    return "\n".join(line.removeprefix("    ") for line in text.splitlines()[2:])


def _device(source: Any) -> object:
    return source.get("camera", source.get("device"))
