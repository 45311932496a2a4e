"""The file is whole or not there, private, and no older one is lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mqttcam.settings import SettingsError
from mqttcam.setup.next_steps import next_steps
from mqttcam.setup.written_file import check_text, why_not_writable, write_configuration


def test_a_new_file_is_private_and_its_folder_is_not(tmp_path: Path) -> None:
    """Another user, such as the service's, has to be able to enter the folder."""
    path = tmp_path / "new" / "config.yaml"
    assert write_configuration(path, "node: a\n") is None
    assert path.read_text() == "node: a\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent.stat().st_mode & stat.S_IXOTH
    assert os.listdir(path.parent) == ["config.yaml"]


def test_older_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    kept = [write_configuration(path, f"node: n{number}\n") for number in range(3)]
    assert [one and one.name for one in kept] == [None, "config.yaml.bak.1", "config.yaml.bak.2"]
    assert [one.read_text() for one in kept if one] == ["node: n0\n", "node: n1\n"]
    assert path.read_text() == "node: n2\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "config.yaml", tmp_path / "config.yaml"
    real.parent.mkdir()
    real.write_text("node: a\n")
    link.symlink_to(real)
    write_configuration(link, "node: b\n")
    assert link.is_symlink()
    assert real.read_text() == "node: b\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("node: a\n")
    (tmp_path / ".config.yaml.new").mkdir()  # in the way of the new file
    with pytest.raises(OSError, match="directory"):
        write_configuration(path, "node: b\n")
    assert path.read_text() == "node: a\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("node: a\n")
    os.chown(path, 900, 900)
    write_configuration(path, "node: b\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (900, 900)


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    assert why_not_writable(tmp_path / "a" / "b" / "config.yaml") is None
    assert why_not_writable(tmp_path) == f"{tmp_path} is a folder"
    assert why_not_writable(file / "config.yaml") == f"{file} is not a folder"
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert why_not_writable(tmp_path / "config.yaml") == f"this user cannot write to {tmp_path}"


def test_what_would_not_load_is_refused() -> None:
    with pytest.raises(SettingsError, match="unknown key"):
        check_text("nodes: a\nweb: {enabled: true}\n")
    with pytest.raises(SettingsError, match="nothing would be sent"):
        check_text("node: a\n")


def test_next_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder stands for the root of the file system."""
    monkeypatch.chdir(tmp_path)
    system, here = Path("/etc/mqttcam/config.yaml"), tmp_path / "config.yaml"
    here.touch()
    assert [command for command, _ in next_steps(here, {}, tmp_path)] == ["mqttcam run"]
    other = tmp_path / "other file.yaml"
    assert next_steps(other, {}, tmp_path)[0][0] == f"mqttcam run -c '{other}'"
    assert len(next_steps(system, {}, tmp_path)) == 3
    unit = tmp_path / "etc/systemd/system/mqttcam.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert "systemctl restart mqttcam" in next_steps(system, {}, tmp_path)[1][0]
    (tmp_path / ".dockerenv").touch()
    assert next_steps(system, {}, tmp_path)[0][0].startswith("docker restart")
