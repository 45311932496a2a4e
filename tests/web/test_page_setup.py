"""The page's view "Set up": a camera is added, changed and removed without an editor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.daemon import Daemon
from tests.web.browser import Page
from tests.web.daemon_with_page import daemon_with_page

TEXT = """\
node: yard
web: {{enabled: true, port: {port}, edit: true}}
state_dir: state
cameras:
  # The front door
  front:
    source: {{type: test_pattern}}   # no camera yet
    size: 320x240
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, str]]:
    with daemon_with_page(tmp_path_factory.mktemp("setup"), TEXT) as found:
        yield found


def fill(page: Page, key: str, text: str) -> None:
    field = page.find(f"[data-option='{key}'] input")
    field.clear()
    field.send_keys(text)


def press(page: Page, text: str, within: str = ":is(.setup, dialog) ") -> None:
    """Click the button with this text; a message may be above it for some seconds."""
    buttons = f"{within}:is(button, a.button)"

    def click() -> bool:
        found = [one for one in page.all(buttons) if one.is_displayed() and one.text == text]
        for one in found[:1]:
            one.click()
        return bool(found)

    page.until(click, text)


def choose(page: Page, value: str) -> None:
    page.script(
        "const it = document.querySelector('#setup-kind'); it.value = arguments[0];"
        "it.dispatchEvent(new Event('change'))",
        value,
    )


def test_add_change_and_remove(page: Page, running: tuple[Daemon, str]) -> None:
    daemon, url = running
    file = daemon.config_file
    before = file.read_text()
    page.open(f"{url}/#setup")
    assert page.text("[data-camera=front] h2") == "Front"
    assert "test pattern" in page.text("[data-camera=front] .hint").lower()
    assert str(file) in page.text(".setup")
    page.shot("setup")

    press(page, "Add a camera")
    page.find("#setup-kind")
    press(page, "All options as text")  # although the address is missing
    page.until(
        lambda: page.find("#setup-text").get_attribute("value") == 'source:\n  type: "url"\n', "it as YAML"
    )
    press(page, "Cancel")
    press(page, "Add a camera")
    page.find("#setup-kind")
    choose(page, "test_pattern")
    fill(page, "name", "Back: yard")
    assert page.find("#setup-id").get_attribute("value") == "back_yard"
    fill(page, "size", "nonsense")
    press(page, "Save")
    page.until(lambda: "Allowed:" in page.text("[data-option=size] .error"), "the error at its field")
    assert file.read_text() == before
    fill(page, "size", "640x480")
    page.find("[data-option=motion] input").click()
    press(page, "Test picture")
    page.until(
        lambda: page.script("return document.querySelector('.testpicture img')?.naturalWidth") == 640,
        "a picture",
    )
    page.shot("setup-add")
    press(page, "Save")
    page.find("[data-camera=back_yard]")
    assert file.read_text() == before + (
        "  back_yard:\n    source: {type: test_pattern}\n"
        '    name: "Back: yard"\n    size: 640x480\n    motion: true\n'
    )
    page.until(lambda: "Back: yard" in page.text("#tabs"), "the new camera's tab")

    press(page, "Change", within="[data-camera=front] ")
    press(page, "All options as text")
    text = page.find("#setup-text")
    assert text.get_attribute("value") == "source: {type: test_pattern}\nsize: 320x240"
    text.send_keys("\nimage:\n  quality: 1000\n")
    press(page, "Save")
    page.until(lambda: "Line 4" in page.text("#setup-error"), "the line of the error")
    assert (
        page.script(
            "const it = document.activeElement; return it.value.slice(it.selectionStart, it.selectionEnd)"
        )
        == "  quality: 1000"
    )
    page.shot("setup-text")
    page.script("const it = document.querySelector('#setup-text'); it.value = it.value.replace('1000', '70')")
    press(page, "Common options")
    fill(page, "name", "Gate")
    press(page, "Save")
    page.until(lambda: page.text("[data-camera=front] h2") == "Gate", "the new name")
    assert (
        "    source: {type: test_pattern}   # no camera yet\n    size: 320x240\n    image: {quality: 70}\n"
        in (file.read_text())
    )

    press(page, "Remove", within="[data-camera=back_yard] ")
    assert "Recordings and photos stay" in page.text("dialog")
    press(page, "Remove", within="dialog ")
    page.until(lambda: not page.all("[data-camera=back_yard]"), "its end")
    assert "back_yard" not in file.read_text()
    assert "  # The front door\n" in file.read_text()


def test_a_conflict_is_said_and_nothing_lost(page: Page, running: tuple[Daemon, str]) -> None:
    daemon, url = running
    page.open(f"{url}/#setup/front")
    fill(page, "name", "Mine")
    other = daemon.config_file.read_text() + "# from an editor\n"
    daemon.config_file.write_text(other)
    press(page, "Save")
    page.until(lambda: "has changed meanwhile" in page.text("#setup-error"), "the conflict")
    assert daemon.config_file.read_text() == other
    press(page, "Load again")
    page.until(lambda: not page.all("#setup-error button"), "the form again")
    fill(page, "name", "Mine")
    press(page, "Save")
    page.until(lambda: "name: Mine" in daemon.config_file.read_text(), "the change")


def test_a_phone_and_a_file_that_cannot_be_changed(page: Page, running: tuple[Daemon, str]) -> None:
    daemon, url = running
    kept = daemon.config_file.with_name("kept.yaml")
    daemon.config_file.rename(kept)
    daemon.config_file.symlink_to(kept)
    try:
        page.size(390, 844, phone=True)
        page.open(f"{url}/#setup")
        assert "cannot change the configuration" in page.text(".note")
        assert "symbolic link" in page.text(".note")
        page.shot("setup-phone")
        press(page, "Add a camera")
        page.find("#setup-kind")
        assert page.script("return document.documentElement.scrollWidth <= innerWidth")
        page.shot("setup-phone-add")
        choose(page, "test_pattern")
        fill(page, "name", "New")
        press(page, "Show what to paste")
        page.until(lambda: "  new:\n    source: {type: test_pattern}" in page.text("dialog pre"), "the text")
    finally:
        kept.replace(daemon.config_file)
