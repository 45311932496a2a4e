"""Reading the files of the state, whatever is in their place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mqttcam.devices.store import Store
from mqttcam.files import forbid_links, open_beneath, read_regular
from mqttcam.web.revoked_sessions import RevokedSessions
from mqttcam.web.sessions import load_session_key


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


WRONG: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path),
    "1 TiB": sparse,
}


def test_regular_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert read_regular(path, 7) == b"content"
    with pytest.raises(OSError, match="has more than 6 bytes"):
        read_regular(path, 6)
    (tmp_path / "link").symlink_to(path)
    assert read_regular(tmp_path / "link") == b"content"
    with pytest.raises(OSError, match="symbolic"):
        read_regular(tmp_path / "link", follow=False)


def test_no_symbolic_link_beneath_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "a").mkdir(parents=True)
    (tmp_path / "real" / "a" / "file").write_bytes(b"content")
    folder = tmp_path / "link"
    folder.symlink_to("real")
    descriptor = open_beneath(folder, folder / "a" / "file")
    assert os.read(descriptor, 10) == b"content"
    os.close(descriptor)
    forbid_links(folder, folder / "a" / "file")
    (folder / "b").symlink_to("a")
    (folder / "a" / "link").symlink_to("file")
    before = os.listdir("/proc/self/fd")
    for name in ("b/file", "a/link"):
        for refuse in (open_beneath, forbid_links):
            with pytest.raises(OSError):  # noqa: PT011 - which one is the system's choice
                refuse(folder, folder / name)
    with pytest.raises(ValueError, match="not beneath"):
        open_beneath(folder, folder / "a" / ".." / "a" / "file")
    with pytest.raises(FileNotFoundError):
        open_beneath(folder, folder / "a" / "other")
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_anything_else_in_its_place_is_an_error_at_once(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "file")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's choice
        read_regular(tmp_path / "file")
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_what_reads_the_state_goes_on(tmp_path: Path, make: Callable[[Path], object]) -> None:
    for name in ("values.json", "web.key", "web.ended.json"):
        make(tmp_path / name)
    store = Store(tmp_path / "values.json")
    store.load()
    assert "the stored values cannot be read" in str(store.lost)
    assert len(load_session_key(tmp_path)) == 32
    assert RevokedSessions(tmp_path).contains("any", 0)
