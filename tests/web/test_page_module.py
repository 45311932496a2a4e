"""The page's card "Camera module": what is in use, what the camera offers, and where that is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from mqttcam.camera.source import SourceInfo
from mqttcam.camera.sources.test_pattern.source import TestPattern
from mqttcam.camera.tuning_files import TuningFiles
from mqttcam.settings import Settings, load_configuration
from mqttcam.settings.editing.config_editor import ConfigEditor
from tests.web.axe import violations
from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.serving import serving_in_thread

DETAILS = {
    "resolution": "4608x2592",
    "sensor_modes": {"1536x864:10": {}, "2304x1296:10": {}, "4608x2592:10": {}},
    "formats": ["YUV420", "RGB888"],
    "raw_formats": ["SRGGB10"],
    "sensor_mode": "2304x1296:10",
    "format": "YUV420",
    "buffers": 4,
    "tuning_file": None,
    "properties": {"UnitCellSize": [1400, 1400], "Location": 2},
}
LINES = """
const rows = [...document.querySelectorAll(".aboutlist dl > div")];
return rows.map(({children}) => [...children].map((it) => it.innerText));
"""
OFFERED = """
return [...document.querySelectorAll("[data-option='source.tuning_file'] option")].map((it) => it.value);
"""
CARD = "details.card:has(.aboutlist)"
TEXT = "web: {enabled: true, edit: true}\ncameras: {front: {source: {type: picamera2, camera: 0}}}\n"


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let test patterns be camera modules."""
    really_open = TestPattern.open

    def opened(source: TestPattern) -> SourceInfo:
        return replace(really_open(source), model="imx708", details=DETAILS)

    monkeypatch.setattr(TestPattern, "open", opened)


def editor(folder: Path) -> ConfigEditor:
    file = folder / "config.yaml"
    file.write_text(TEXT)

    def read(changed: str | None) -> Settings:
        return load_configuration(file, {}, changed).settings

    return ConfigEditor(file, read, {})


def lines(page: Page) -> dict[str, str]:
    return dict(page.script(LINES))


def test_everything_is_in_one_place_with_the_way_to_change_it(page: Page, tmp_path: Path) -> None:
    with serving_in_thread(editor=editor(tmp_path), edit=True) as (served, _):
        served.server._context.tuning_files = tuning_files(tmp_path)
        page.open(f"{served.url}/#front")
        page.press(f"{CARD} > summary")
        page.see(f"{CARD} .hint a")
        assert page.script(
            "return [...document.querySelectorAll('.aboutlist h3')].map((it) => it.innerText)"
        ) == [
            "In use",
            "What it offers",
            "Properties",
        ]
        shown = lines(page)
        assert (shown["Model"], shown["Sensor mode"]) == ("imx708", "2304x1296:10")
        assert (shown["Tuning file"], shown["Buffers"]) == ("libcamera's own", "4")
        assert shown["Sensor modes"] == "1536x864:10, 2304x1296:10, 4608x2592:10"
        assert shown["UnitCellSize"] == "1400, 1400"
        assert violations(page, within=CARD) == []
        for phone, dark in ((False, False), (False, True), (True, False), (True, True)):
            page.screen(phone=phone)
            page.look(dark=dark)
            page.script("document.querySelector(arguments[0]).scrollIntoView()", CARD)
            assert page.fits()
            page.shot(f"module{'-phone' if phone else ''}{'-dark' if dark else ''}")
        page.screen()
        page.look()
        page.press(f"{CARD} .hint a")
        page.find("[data-option='source.tuning_file'] input").click()
        page.until(lambda: page.script(OFFERED) == ["imx708_wide.json"], "the files to choose from")
        page.shot("module-setup")


def tuning_files(folder: Path) -> TuningFiles:
    found = TuningFiles(folder, shipped=())
    found.write("imx708_wide.json", b'{"version": 2.0, "algorithms": [{"rpi.awb": {}}]}')
    return found


def test_without_the_permission_there_is_no_link(page: Page) -> None:
    with serving_in_thread(**users()) as (served, _):
        page.open(f"{served.url}/#front")
        page.write("#login-name", "otto")
        page.write("#login-password", "right\n")
        page.press(f"{CARD} > summary")
        page.until(lambda: "in the configuration" in page.text(f"{CARD} .hint"), "where it is changed")
        assert page.all(f"{CARD} .hint a") == []
        page.forget()


def test_other_cameras_have_no_such_card(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = TestPattern.open
    monkeypatch.setattr(TestPattern, "open", lambda source: replace(really_open(source), details={}))
    with serving_in_thread() as (served, _):
        page.open(f"{served.url}/#front")
        page.see(".panel .group, .panel details")
        assert not page.script("return document.querySelector(arguments[0]).checkVisibility()", CARD)
