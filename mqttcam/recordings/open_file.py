"""The files of the recording that is being written."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from mqttcam.files import read_regular, sync_folder, write_new
from mqttcam.recordings.paths import RecordingFiles, RecordingsFolder, stems
from mqttcam.recordings.recording import PictureKind, Recording
from mqttcam.video.mp4 import Mp4Writer
from mqttcam.video.unit import Unit


class OpenFile:
    """A recording's video, pictures and sidecar. Every method may block as long as the disk does.

    The video is locked, so that no other process takes it for what a dead one has left.

    Attributes:
        recording: what is known of it; `stem` is where it is.
    """

    def __init__(self, folder: RecordingsFolder, draft: Recording, first: Unit) -> None:
        """Create the video and the sidecar.

        Args:
            draft: the recording; its `stem` is made here.
            first: the first unit, a keyframe; it is still to be written.

        Raises:
            OSError: the disk refuses it; nothing is left.
            VideoUnavailable: PyAV is missing.
        """
        folder.prepare()
        self._mode = folder.file_mode
        self.files, self._video = _create(folder, draft, first, self._mode)
        self.recording = draft.model_copy(update={"stem": self.files.stem})
        try:
            fcntl.flock(self._video, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.write_sidecar(self.recording)
            sync_folder(self.files.part.parent)
        except BaseException:
            self.discard()
            raise

    @property
    def seconds(self) -> float:
        """The length of the video so far."""
        return self._video.seconds

    def write(self, unit: Unit) -> None:
        """Add a unit.

        Raises:
            OSError: the disk refused it.
        """
        self._video.write(unit)

    def sync(self) -> None:
        """Return once the video survives a power cut.

        Raises:
            OSError: the disk has failed, or the video is not where it was: its disk may be unmounted.
        """
        self._video.sync()
        if not os.path.samestat(os.fstat(self._video.fileno()), self.files.part.stat()):
            raise OSError(errno.ENOENT, "another file is in its place", str(self.files.part))

    def write_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        """Write a still picture, or replace it.

        Raises:
            OSError: the disk refused it.
        """
        _replace(self.files.picture(kind), jpeg, self._mode)

    def write_sidecar(self, recording: Recording) -> None:
        """Write what is known of the recording now.

        Raises:
            OSError: the disk refused it.
        """
        self.recording = recording.model_copy(update={"stem": self.files.stem})
        write_sidecar(self.files, self.recording, self._mode)

    def finish(self, recording: Recording) -> Recording | None:
        """Finish all files, whatever the disk still takes, and return the recording as it is now.

        Return None if it has no video; nothing is left of it then.

        Raises:
            OSError: the files could not be named; the next start finishes them.
        """
        with contextlib.suppress(OSError):  # the file is whole up to there
            self._video.close()
        if not self._video.seconds:
            self._delete()
            return None
        return complete(self.files, recording, self._video.seconds, self._mode)

    def discard(self) -> None:
        """Delete everything, as far as the disk lets it."""
        with contextlib.suppress(OSError):
            self._video.close()
        self._delete()

    def _delete(self) -> None:
        for path in self.files.all:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def complete(files: RecordingFiles, recording: Recording, seconds: float, mode: int) -> Recording:
    """Give the whole video of `files` its name, and return the recording, whose sidecar is complete.

    Raises:
        OSError: the disk refused it.
    """
    size = files.part.stat().st_size + sum(files.picture(kind).stat().st_size for kind in files.pictures)
    whole = recording.model_copy(
        update={"stem": files.stem, "seconds": round(seconds, 3), "bytes": size, "pictures": files.pictures}
    )
    whole = whole.model_copy(update={"bytes": size + len(whole.model_dump_json())})
    # In this order: a crash in between leaves a part, which the next start finishes.
    with contextlib.suppress(OSError):  # on a full disk, the video is worth more
        write_sidecar(files, whole, mode)
    files.part.replace(files.video)
    sync_folder(files.video.parent)
    return whole


def read_sidecar(files: RecordingFiles) -> Recording:
    """Return the metadata of a recording.

    Raises:
        OSError: it has no sidecar, or that cannot be read.
        ValueError: the sidecar is broken.
    """
    return Recording.model_validate_json(read_regular(files.sidecar, follow=False))


def write_sidecar(files: RecordingFiles, recording: Recording, mode: int) -> None:
    """Write the metadata of a recording beside it.

    Raises:
        OSError: the disk refused it.
    """
    _replace(files.sidecar, recording.model_dump_json().encode(), mode)


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file, or replace it, in a folder that must be there: a missing one is on a disk that is gone."""
    new = path.with_name(f".{path.name}.new")
    write_new(new, data, mode)
    new.replace(path)


def _create(
    folder: RecordingsFolder, draft: Recording, first: Unit, mode: int
) -> tuple[RecordingFiles, Mp4Writer]:
    """Create the video under the first name that no other recording has.

    Raises:
        OSError: the disk refuses it.
    """
    for stem in stems(draft.camera, draft.reason, draft.begin_ns):
        files = RecordingFiles(folder.path, stem)
        folder.make_folder(files.part.parent)
        if any(map(os.path.lexists, files.all)):
            continue
        with contextlib.suppress(FileExistsError):
            return files, Mp4Writer(files.part, first, mode=mode, title=_title(draft, files.part))
    raise OSError(errno.EEXIST, "all names are taken", str(folder.path))  # `stems` has no end


def _title(draft: Recording, path: Path) -> str:
    return f"{draft.camera} {path.parent.name} {draft.reason}"
