"""Backups over HTTP: download, what restoring one would change, and restoring it; only where `web.edit` is true.

Cameras are restored by the rules for changes of the configuration file on the page; other sections stay as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from aiohttp import web
from msgspec import Struct
from msgspec.structs import asdict

from mqttcam.backup.archive import CONFIG, README, BadArchive, pack, unpack
from mqttcam.backup.comparison import Differences, compare
from mqttcam.backup.files import Folders, check, collect, restore
from mqttcam.backup.restored import VALUES
from mqttcam.camera.tuning_files import TooManyTuningFiles
from mqttcam.settings import SettingsError
from mqttcam.settings.editing.config_editor import Change, ConfigEditor
from mqttcam.settings.editing.restored_cameras import RestoredText
from mqttcam.settings.editing.yaml_edit import CannotEdit
from mqttcam.web.api import read_body
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.setup import change_and_apply, editor_of, in_words, invalid

MAX_ARCHIVE = 16_000_000
"""Bytes of an archive; a usual one has some thousands. It is unpacked in memory."""
_TYPE = "application/zip"
_SECONDS = 60.0
"""For the upload of an archive."""
_STAYING = frozenset({"unchanged", "refused"})


class _Plan(Struct, frozen=True):
    """What restoring an archive does.

    Attributes:
        config: the configuration; None if it is not in the archive.
        revision: of the file that it was made for.
        read_only: why the configuration file cannot be changed, if that is needed; in words.
    """

    contents: dict[str, bytes]
    files: Differences
    config: RestoredText | None
    revision: str
    read_only: str | None

    @property
    def changes_cameras(self) -> bool:
        return self.config is not None and any(one.change not in _STAYING for one in self.config.cameras)


async def backup(request: web.Request) -> web.Response:
    """Send a backup: the configuration without its secrets, values, tuning files, the state of series."""
    context, editor = editor_of(request)
    folders = _folders(context)
    try:
        data = await asyncio.to_thread(lambda: pack(collect(editor.text(), folders)))
    except SettingsError as error:
        raise invalid(error) from None
    except (CannotEdit, OSError) as error:
        raise ApiError(503, "unavailable", f"no backup can be made: {error}") from None
    name = f"mqttcam-{context.registry.node.id}-{time.strftime('%Y-%m-%d')}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=data, content_type=_TYPE, headers=headers)


async def check_backup(request: web.Request) -> web.Response:
    """Send what restoring the backup in the body would change; writes nothing."""
    context, editor = editor_of(request)
    plan = await _with_archive(request, lambda data: _planned(context, editor, data))
    return json_response({"ok": True, **_describe(plan)})


async def restore_backup(request: web.Request) -> web.Response:
    """Restore the backup in the body, and apply it by a reload."""
    context, editor = editor_of(request)
    revision = request.query.get("revision")
    plan = await _with_archive(request, lambda data: _restore(context, editor, data, revision))
    return json_response({"ok": True, **_describe(plan)})


async def _with_archive(request: web.Request, work: Callable[[bytes], Awaitable[_Plan]]) -> _Plan:
    """Do something with the archive in the body, to the end even if the client disconnects; one request at a time.

    Raises:
        ApiError: it is no archive, or the work fails.
    """
    context = request.app[CONTEXT]
    async with AsyncExitStack() as held:
        await held.enter_async_context(context.restoring)
        data = await _archive(request)
        task = context.keep(asyncio.ensure_future(_holding(held.pop_all(), work, data)))
    return await asyncio.shield(task)


async def _holding(held: AsyncExitStack, work: Callable[[bytes], Awaitable[_Plan]], data: bytes) -> _Plan:
    async with held:
        return await work(data)


async def _restore(context: WebContext, editor: ConfigEditor, data: bytes, revision: str | None) -> _Plan:
    plan = await _planned(context, editor, data)
    if plan.read_only is not None:
        raise ApiError(409, "read_only", plan.read_only)
    if revision is not None and revision != plan.revision:
        raise ApiError(409, "conflict", f"{editor.path} has changed meanwhile: look at it again", "revision")
    values = {name: content for name, content in plan.contents.items() if name == VALUES}
    others = {
        name: content for name, content in plan.contents.items() if name not in (CONFIG, README, VALUES)
    }
    config = plan.config

    async def change(config: RestoredText) -> Change:
        await _write_files(
            context, others
        )  # before a camera begins the series again whose progress is among them
        return await in_words(partial(editor.replace, config.text, plan.revision))

    if config is not None and plan.changes_cameras:
        await change_and_apply(context, partial(change, config))
    else:
        await _write_files(context, others)
    await _write_files(context, values)
    return plan


async def _archive(request: web.Request) -> bytes:
    """Return the body of a request.

    Raises:
        ApiError: it is no archive, too large, or incomplete.
    """
    if request.content_type != _TYPE:
        raise ApiError(415, "unsupported_media_type", "the body must be a ZIP file", "Content-Type", [_TYPE])
    data = await read_body(request, MAX_ARCHIVE, _SECONDS)
    if len(data) > MAX_ARCHIVE:
        raise ApiError(413, "too_large", f"a backup may have at most {MAX_ARCHIVE} bytes")
    return data


async def _planned(context: WebContext, editor: ConfigEditor, data: bytes) -> _Plan:
    """Return what restoring an archive would do.

    Raises:
        ApiError: it is not a valid backup, or the present configuration is not valid.
    """
    try:
        return await asyncio.to_thread(_plan, editor, _folders(context), data)
    except BadArchive as error:
        raise ApiError(400, "invalid_value", str(error), "archive", "a backup of mqttcam") from None
    except (CannotEdit, UnicodeDecodeError, RecursionError) as error:
        message = f"the cameras of this backup cannot be restored: {error}"
        raise ApiError(400, "invalid_value", message, "archive") from None
    except SettingsError as error:
        raise invalid(error) from None
    except OSError as error:
        raise ApiError(503, "unavailable", f"{error.filename}: {error.strerror or error}") from None


def _plan(editor: ConfigEditor, folders: Folders, data: bytes) -> _Plan:
    contents = unpack(data)
    check(contents)
    files = compare(contents, folders)
    if CONFIG not in contents:
        return _Plan(contents, files, None, "", None)
    revision, config = editor.restored(contents[CONFIG].decode())
    plan = _Plan(contents, files, config, revision, None)
    if not plan.changes_cameras:
        return plan
    return _Plan(contents, files, config, revision, editor.state().read_only)


async def _write_files(context: WebContext, files: dict[str, bytes]) -> None:
    """Write files of a backup other than the configuration.

    Raises:
        ApiError: a file cannot be written; those before it are.
    """
    try:
        await asyncio.to_thread(restore, files, _folders(context))
    except TooManyTuningFiles:
        message = "there are too many tuning files: delete some first"
        raise ApiError(413, "too_large", message, "archive") from None
    except OSError as error:
        message = f"cannot write {error.filename}: {error.strerror or error}"
        raise ApiError(503, "unavailable", message) from None


def _folders(context: WebContext) -> Folders:
    if context.state_dir is None or context.library is None:
        raise ApiError(503, "unavailable", "there is nothing to back up or restore")
    return Folders(context.state_dir, context.library.path)


def _describe(plan: _Plan) -> dict[str, object]:
    cameras = [] if plan.config is None else plan.config.cameras
    return {
        "revision": plan.revision,
        "read_only": plan.read_only,
        "cameras": [asdict(camera) for camera in cameras],
        "sections": [] if plan.config is None else plan.config.sections,
        "values": plan.files.values,
        "tuning_files": [{"name": name, "change": change} for name, change in plan.files.tuning.items()],
        "series": plan.files.series,
        "restart": plan.files.takes_effect_later,
    }
