"""The page restores a backup: it shows what would change, and applies it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from mqttcam.backup.archive import pack, unpack
from tests.support.daemon import Daemon
from tests.support.waiting import wait_for
from tests.web.axe import violations
from tests.web.browser import Page
from tests.web.daemon_with_page import daemon_with_page
from tests.web.test_page_setup import TEXT, press

OFF = b'{"front": {"enabled": {"value": false, "configured": true}}}'
INPUT = "input[type=file]"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Daemon, str]]:
    with daemon_with_page(tmp_path, TEXT) as found:
        yield found


def choose(page: Page, archive: Path) -> None:
    press(page, "Restore a backup")
    page.all(INPUT)[0].send_keys(str(archive))


def test_look_restore_and_restart(page: Page, running: tuple[Daemon, str], tmp_path: Path) -> None:
    daemon, url = running
    before = daemon.config_file.read_text()
    saved = unpack(requests.get(f"{url}/api/setup/backup", timeout=60).content)
    archive = tmp_path / "yard.zip"
    saved["config.yaml"] += b"  gate: {source: {type: file, path: /etc/passwd}}\nlog: {level: debug}\n"
    archive.write_bytes(pack(saved | {"values.json": OFF}))
    other = before.replace("320x240", "640x480") + "  back: {source: {type: test_pattern}, size: VGA}\n"
    daemon.config_file.write_text(other)
    assert requests.post(f"{url}/api/node/cmd/reload", timeout=60).json()["ok"]
    page.open(f"{url}/#setup")
    page.find("[data-camera=back]")

    choose(page, archive)
    shown = page.text("dialog.restore").split("\n")
    assert shown[shown.index("Changed") + 1] == "Front (size)"
    assert shown[shown.index("Removed") + 1] == "Back"
    assert shown[shown.index("Not restored") + 1].startswith("gate: source.path: is not in a folder")
    assert shown[shown.index("Values that were set") + 1] == "Front"
    assert any("stay as they are: log. To restore them" in line for line in shown)
    assert violations(page) == []
    page.shot("restore")
    for phone, dark in ((False, True), (True, False), (True, True)):
        page.screen(phone=phone)
        page.look(dark=dark)
        assert page.fits()
        page.shot(f"restore{'-phone' if phone else ''}{'-dark' if dark else ''}")
    page.screen()
    page.look()
    press(page, "Cancel")
    assert daemon.config_file.read_text() == other, "nothing is written without a yes"

    choose(page, archive)
    press(page, "Restore", "dialog ")
    page.until(lambda: "Restart now" in page.text("dialog.restore"), "what is in effect later")
    assert daemon.config_file.read_text() == before
    page.shot("restore-done")
    press(page, "Restart now", "dialog ")
    page.until(lambda: not page.all("dialog"), "the end")
    wait_for(lambda: enabled(url) == "OFF", "the restored value")
    page.until(lambda: len(page.all("[data-camera]")) == 1, "the cameras of the backup")


def enabled(url: str) -> str | None:
    try:
        answer = requests.get(f"{url}/api/cameras/front/state", timeout=60)
    except requests.ConnectionError:
        return None
    value: str | None = answer.json().get("enabled")
    return value


def test_what_is_no_backup_is_said(page: Page, running: tuple[Daemon, str], tmp_path: Path) -> None:
    _, url = running
    wrong = tmp_path / "holiday.zip"
    wrong.write_bytes(b"no archive")
    page.open(f"{url}/#setup")
    choose(page, wrong)
    page.until(lambda: "holiday.zip: It is not a backup" in page.text("#toasts"), "the reason")
    same = tmp_path / "same.zip"
    same.write_bytes(pack({"README.txt": b""}))
    choose(page, same)
    page.until(lambda: "Nothing would change" in page.text("dialog.restore"), "that nothing would")
    assert page.find("dialog.restore .row .button:last-child").get_attribute("disabled")


def test_a_file_that_cannot_be_written_is_said_before(
    page: Page, running: tuple[Daemon, str], tmp_path: Path
) -> None:
    daemon, url = running
    archive = tmp_path / "yard.zip"
    text = daemon.config_file.read_text()
    archive.write_bytes(pack({"config.yaml": text.replace("320x240", "VGA").encode()}))
    kept = tmp_path / "kept.yaml"
    daemon.config_file.rename(kept)
    daemon.config_file.symlink_to(kept)
    page.open(f"{url}/#setup")
    choose(page, archive)
    page.until(lambda: "symbolic link" in page.text("dialog.restore"), "the reason")
    assert page.find("dialog.restore .row .button:last-child").get_attribute("disabled")
    assert kept.read_text() == text
