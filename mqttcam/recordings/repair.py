"""Finishes recordings left by a killed daemon or a power cut, and deletes such photos, in a thread at the start."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from mqttcam.files import forbid_links
from mqttcam.recordings.open_file import complete, read_sidecar
from mqttcam.recordings.paths import PART, RecordingFiles, RecordingsFolder
from mqttcam.recordings.photo_files import delete_unfinished_photos
from mqttcam.recordings.recording import Recording
from mqttcam.recordings.sidecar import read_recording, write_sidecar
from mqttcam.video.encoder import VideoUnavailable
from mqttcam.video.mp4_repair import finish_file

log = logging.getLogger(__name__)


class Repair:
    """Finds incomplete recordings, once. Those being written at present are locked, and left alone."""

    def __init__(self, path: Path, on_finished: Callable[[Recording], None]) -> None:
        """Do nothing before `start`.

        Args:
            path: of the folder of all recordings.
            on_finished: called on the event loop with each recording that is whole now.
        """
        self._path = path
        self._on_finished = on_finished
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="repair of recordings", daemon=True)
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish no further recording."""
        self._stopped.set()

    def _run(self) -> None:
        delete_unfinished_photos(self._path)
        for files in unfinished(self._path):
            if self._stopped.is_set():
                return
            try:
                recording = finish_recording(files)
            except (OSError, ValueError, VideoUnavailable) as error:
                log.warning("recording %s stays unfinished: %s", files.part, error)
            except Exception:
                log.exception("recording %s stays unfinished: a fault in mqttcam", files.part)
            else:
                if recording is not None:
                    with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                        self._loop.call_soon_threadsafe(self._on_finished, recording)


def unfinished(root: Path) -> Iterator[RecordingFiles]:
    """Yield the files of incomplete recordings, the newest first."""
    ending = ".mp4" + PART
    try:
        paths = sorted(
            root.glob(f"*/*/*{ending}"), key=lambda path: (path.parent.name, path.name), reverse=True
        )
    except OSError as error:
        log.warning("recordings: %s cannot be read: %s", root, error)
        return
    for path in paths:
        yield RecordingFiles(root, str(path.relative_to(root)).removesuffix(ending))


def finish_recording(files: RecordingFiles) -> Recording | None:
    """Finish a recording, and return it.

    Return None if it is being written at present, or had no video: then nothing is left of it.

    Raises:
        OSError: the disk refuses it, or locks; or it is behind a symbolic link.
        VideoUnavailable: PyAV is missing.
        ValueError: its video is something else.
    """
    forbid_links(files.root, files.part)
    with open(files.part, "r+b", opener=_open_itself) as video:
        try:
            fcntl.flock(video, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        for left in files.part.parent.glob(f".{files.part.name.removesuffix('.mp4' + PART)}*.new"):
            left.unlink(missing_ok=True)
        if not (seconds := finish_file(files.part)):
            for path in files.all:
                path.unlink(missing_ok=True)
            log.info("recording %s: deleted, as it has no video", files.stem)
            return None
        recording = _named(files, seconds)
    log.info("recording %s: finished, %.1f s", files.stem, recording.seconds)
    return recording


def _open_itself(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _named(files: RecordingFiles, seconds: float) -> Recording:
    """Rename the complete video, and complete its sidecar."""
    try:
        draft = read_sidecar(files)
    except (OSError, ValueError) as error:
        log.warning("recording %s: its sidecar cannot be read and is rebuilt: %s", files.stem, error)
        files.part.replace(files.video)
        recording = read_recording(files.root, files.stem)
        write_sidecar(files.root, recording)
        return recording
    end_ns = draft.begin_ns + round(seconds * 1e9)
    events = tuple(
        event.model_copy(update={"end_ns": max(event.end_ns or end_ns, event.begin_ns)})
        for event in draft.events
    )
    mode = RecordingsFolder(files.root).file_mode
    return complete(files, draft.model_copy(update={"events": events}), seconds, mode)
