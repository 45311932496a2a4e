"""The configuration file is replaced whole or not at all, with its owner and mode, and never over another change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mqttcam.settings import Settings, SettingsError, load_configuration
from mqttcam.settings.editing.camera_changes import RefusedChange
from mqttcam.settings.editing.config_editor import (
    ConfigEditor,
    Conflict,
    ReadOnly,
)
from mqttcam.settings.editing.config_file import replace_file, revision_of, why_not_writable
from mqttcam.settings.editing.section_text import line_of, section_from_text

PATTERN: dict[str, Any] = {"source": {"type": "test_pattern"}}
TEXT = """\
node: yard   # a comment
cameras:
  front:
    source: {type: test_pattern}
web: {users: {anna: {password_hash_file: hash}}}
"""
HASH = "scrypt:16384:8:1:c2FsdHNhbHRzYWx0c2FsdA:aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "hash").write_text(HASH)
    file = tmp_path / "config.yaml"
    file.write_text(TEXT)
    file.chmod(0o640)
    return file


def editor_of(path: Path | None, environ: Mapping[str, str] | None = None) -> ConfigEditor:
    known = environ or {}

    def read(text: str | None) -> Settings:
        return load_configuration(path, known, text).settings

    return ConfigEditor(path, read, known)


def test_a_change_keeps_the_old_file_beside_it(path: Path) -> None:
    editor = editor_of(path)
    state = editor.state()
    assert (state.path, state.read_only) == (path, None)
    assert [camera.section for camera in state.cameras] == [PATTERN]
    change = editor.change("yard", {**PATTERN, "name": "Yard"}, state.revision)
    assert path.read_text() == TEXT.replace(
        "web:", "  yard:\n    source: {type: test_pattern}\n    name: Yard\nweb:"
    )
    assert path.with_name("config.yaml.bak").read_text() == TEXT
    assert {file.stat().st_mode & 0o777 for file in (path, path.with_name("config.yaml.bak"))} == {0o640}
    assert change.revision == editor.state().revision
    assert sorted(file.name for file in path.parent.iterdir()) == ["config.yaml", "config.yaml.bak", "hash"]
    editor.undo(change)
    assert path.read_text() == TEXT


def test_a_byte_order_mark_stays(path: Path) -> None:
    path.write_bytes("\ufeff".encode() + TEXT.replace("\n", "\r\n").encode())
    editor = editor_of(path)
    editor.change("front", {**PATTERN, "name": "F"}, editor.state().revision)
    changed = path.read_bytes()
    assert changed.startswith("\ufeffnode: yard   # a comment\r\n".encode())
    assert b"    name: F\r\nweb" in changed


def test_nothing_is_written_over_another_change(path: Path) -> None:
    editor = editor_of(path)
    revision = editor.state().revision
    path.write_text(TEXT + "# from an editor\n")
    with pytest.raises(Conflict):
        editor.change("front", {**PATTERN, "name": "F"}, revision)
    change = editor.change("front", {**PATTERN, "name": "F"}, editor.state().revision)
    path.write_text(TEXT)
    editor.undo(change)  # the file is another one meanwhile
    assert path.read_text() == TEXT


@pytest.mark.parametrize(
    ("camera", "section", "key", "words"),
    [
        ("front", {**PATTERN, "rotation": 45}, "rotation", "0, 90"),
        ("front", {**PATTERN, "roation": 90}, "roation", "rotation"),
        ("front", {**PATTERN, "image": {"fps": -1}}, "image.fps", "max"),
        ("status", PATTERN, "", "any other id"),
        ("UPPER", PATTERN, "", "a-z"),
        ("front", {"source": {"type": "url", "url": "nothing"}}, "source.url", "rtsp://"),
        ("gone", None, "", ""),
    ],
)
def test_what_is_not_valid_is_not_written(
    path: Path, camera: str, section: Any, key: str, words: str
) -> None:
    editor = editor_of(path)
    with pytest.raises(RefusedChange) as caught:
        editor.change(camera, section, editor.state().revision)
    assert caught.value.key == key
    assert words in f"{caught.value} {caught.value.allowed}"
    assert path.read_text() == TEXT


def test_a_file_with_errors_is_not_changed(path: Path) -> None:
    path.write_text(TEXT + "kafak: {}\n")
    editor = editor_of(path)
    with pytest.raises(SettingsError, match="kafak"):
        editor.change("front", PATTERN, editor.state().revision)
    path.write_text("cameras: {\n")
    assert "not valid" in (editor.state().read_only or "")


def test_variables(path: Path) -> None:
    environ = {"MQTTCAM__CAMERAS__FRONT__SIZE": "VGA", "MQTTCAM__CAMERAS__BACK__SOURCE__TYPE": "test_pattern"}
    front, back = editor_of(path, environ).state().cameras
    assert (front.variables, front.section) == (["MQTTCAM__CAMERAS__FRONT__SIZE"], PATTERN)
    assert (back.id, back.section) == ("back", None)
    editor = editor_of(None, environ | {"MQTTCAM__CAMERAS__FRONT__SOURCE__TYPE": "test_pattern"})
    state = editor.state()
    assert "environment variables" in (state.read_only or "")
    assert {camera.id for camera in state.cameras} == {"front", "back"}
    with pytest.raises(ReadOnly):
        editor.change("new", PATTERN, state.revision)
    assert editor.text_of("new", PATTERN) == "cameras:\n  new:\n    source: {type: test_pattern}\n"


# files that cannot be replaced


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_a_link_is_not_replaced(path: Path) -> None:
    link = path.with_name("link.yaml")
    link.symlink_to(path)
    assert "symbolic link" in (why_not_writable(link) or "")


def test_a_single_mounted_file_is_not_replaced(path: Path) -> None:
    mounts = path.with_name("mountinfo")
    mounts.write_text(f"36 35 98:0 /a {str(path).replace('/', chr(92) + '057', 1)} rw - ext4 /dev/root rw\n")
    assert f"./config:{path.parent}" in (why_not_writable(path, mounts) or "")
    assert why_not_writable(path.parent / "hash", mounts) is None


def test_a_missing_file(path: Path) -> None:
    assert "No such file" in (why_not_writable(path.parent / "nothing.yaml") or "")
    assert "not a regular file" in (why_not_writable(path.parent) or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of other users")
def test_a_file_of_another_user(path: Path, as_nobody: None) -> None:
    assert why_not_writable(Path("/etc/passwd")) is not None
    assert "another user" in (why_not_writable(Path("/etc/passwd")) or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(path: Path) -> None:
    os.chown(path, 65534, 65534)
    replace_file(path, b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, path.read_bytes()) == (65534, 65534, b"new")


def test_a_folder_that_cannot_be_written_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda folder, _mode: folder != path.parent)
    assert "may not write to the folder" in (why_not_writable(path) or "")


def test_a_failed_write_leaves_the_file(path: Path) -> None:
    path.with_name("config.yaml.bak").mkdir()
    editor = editor_of(path)
    with pytest.raises(ReadOnly, match="cannot be written"):
        editor.change("front", {**PATTERN, "name": "F"}, editor.state().revision)
    assert path.read_text() == TEXT
    assert sorted(file.name for file in path.parent.iterdir()) == ["config.yaml", "config.yaml.bak", "hash"]


def test_lines_of_a_text() -> None:
    section, tree = section_from_text("source:\n  type: test_pattern\nmotion:\n  zones:\n    a: 1\n")
    assert section["motion"] == {"zones": {"a": 1}}
    assert [line_of(tree, key) for key in ("source.type", "motion.zones.a.points", "size", "")] == [
        2,
        5,
        1,
        1,
    ]
    with pytest.raises(SettingsError) as caught:
        section_from_text("source: {}\n\tbad\n")
    assert caught.value.problems[0].line == 2
    with pytest.raises(SettingsError):
        section_from_text("")


def test_revisions() -> None:
    assert len({*map(revision_of, (b"", b"a", b"a "))}) == 3
