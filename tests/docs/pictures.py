"""The pictures of the documentation, taken from the running program: `python -m tests.docs.pictures`.

The page needs Chromium, mosquitto and ffmpeg. The device in Home Assistant also needs the chroot that
`tests/home_assistant/setup.sh` makes, and in it the frontend of the version that Home Assistant asks for:

    /opt/ha/bin/uv pip install --no-deps --target /srv/mqttcam-frontend home-assistant-frontend==VERSION

Without that, its picture is left as it is.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.docs.view_pictures import VIEWS, views
from tests.home_assistant.harness import HomeAssistant, ha_root
from tests.support.broker import Mosquitto
from tests.support.project import PROJECT
from tests.support.rig import Rig, rig
from tests.support.waiting import HOST, free_port, wait_for
from tests.web.browser import Page, browsing

IMAGES = PROJECT / "docs" / "images"
LARGEST = 150_000
"""Bytes of a picture at most: the front page is read on phones as well."""
_CAMERAS: dict[str, dict[str, Any]] = {
    "front": {
        "name": "Front door",
        "source": {"type": "test_pattern", "pattern": "gradient"},
        "size": "1280x720",
        "frame_rate": 15,
        "motion": {},
    },
    "garden": {"name": "Garden", "source": {"type": "test_pattern"}, "size": "1280x720", "frame_rate": 15},
}
_MORE_CAMERAS = _CAMERAS | {
    "gate": {"name": "Gate", "source": {"type": "test_pattern"}, "size": "640x480", "frame_rate": 15},
    "shed": {"name": "Shed", "source": {"type": "file", "path": "/media/usb/shed.jpg"}},
}
_ALL_SHOWN = """
const all = [...document.querySelectorAll(".tile .stage")];
return all.filter((it) => it.dataset.status === "running").length === 3 && document.querySelector(".moving");
"""
_ZONES = {
    "gate": {"points": [[0.06, 0.3], [0.36, 0.2], [0.42, 0.8], [0.06, 0.85]], "threshold": 2},
    "road": {"points": [[0.55, 0.45], [0.94, 0.4], [0.94, 0.85], [0.6, 0.8]], "threshold": 0.5},
}
_MASK = {"points": [[0.6, 0], [1, 0], [1, 0.24], [0.6, 0.16]]}
_SECONDS_SHOWN = "window.began ??= Date.now(); return (Date.now() - began) / 1000"
_FRONTEND = "/srv/mqttcam-frontend"
_LOGIN = """
localStorage.hassTokens = JSON.stringify({
  access_token: arguments[0], token_type: "Bearer", refresh_token: "", expires_in: 86400,
  expires: Date.now() + 86400000, hassUrl: location.origin, clientId: location.origin + "/"
});
localStorage.selectedLanguage = JSON.stringify("en");
"""
_ALL_LOADED = """
const images = [...document.images].filter((image) => !image.hidden);
return images.length > 1 && images.every((image) => image.naturalWidth > 0);
"""
_DRAWN = """
const texts = [], images = [], icons = [];
const walk = node => {
  if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
  if (node.tagName === "IMG") images.push(node);
  if (node.tagName === "HA-ICON") icons.push(node.shadowRoot?.querySelector("ha-svg-icon"));
  if (node.shadowRoot) walk(node.shadowRoot);
  node.childNodes.forEach(walk);
};
walk(document.body);
return [...arguments].every(wanted => texts.some(text => text.trim() === wanted))
  && images.every(image => image.complete) && icons.every(icon => icon?.path);
"""
"""Whether all of some texts stand on a page made of shadow roots, and its images and icons are loaded."""
_ONBOARDED = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["user", "core_config", "analytics", "integration"]},
}


def take_live_page(page: Page, path: Path) -> None:
    """The live page of a node with two cameras."""
    with tempfile.TemporaryDirectory() as folder, _pi(Path(folder)) as (_rig, web_port):
        page.size(1280, 800)
        page.open(f"http://{HOST}:{web_port}/#/front")
        page.find(".stage[data-status=running]")
        page.until(lambda: page.all("#link[data-state=on]"), "the connection")
        page.find("[aria-label^='Take a snapshot']").click()
        page.until(lambda: page.script(_ALL_LOADED), "the pictures")
        page.until(lambda: page.text("[data-key=motion]").endswith("Detected"), "motion")
        save(page, path)


def take_overview(page: Page, path: Path) -> None:
    """All cameras at once: motion at one of them, and one that has failed."""
    with tempfile.TemporaryDirectory() as folder, _pi(Path(folder), _MORE_CAMERAS) as (_rig, web_port):
        page.size(1280, 800)
        page.open(f"http://{HOST}:{web_port}/")
        page.find(".tile.failed .trouble")
        page.until(lambda: page.script(_ALL_SHOWN), "three pictures, and motion")
        save(page, path)


def take_zones(page: Page, path: Path) -> None:
    """Zones and a mask while they are drawn, with the motion test."""
    with tempfile.TemporaryDirectory() as folder, _pi(Path(folder)) as (running, web_port):
        result = running.front.command("set_zones", {"zones": _ZONES, "masks": [_MASK]})
        assert result["ok"], result
        page.size(1280, 900)
        page.open(f"http://{HOST}:{web_port}/#/front")
        page.find(".stage[data-status=running]")
        motion_test, editor = page.find(".areatools").find_elements("css selector", "button")
        motion_test.click()
        page.find(".finding[data-finding=motion]")
        editor.click()
        page.until(lambda: len(page.all(".arealist li")) == 3, "the areas")
        # The list beside the picture, and enough of the last minute.
        page.until(lambda: page.script(_SECONDS_SHOWN) > 5, "some seconds of scores")
        page.script("document.querySelector('.areatools').scrollIntoView()")
        save(page, path)


def take_views(page: Page, folder: Path) -> None:
    """The page's other views, each as a file in a folder."""
    with tempfile.TemporaryDirectory() as configuration, views(Path(configuration)) as served:
        for name, show in VIEWS.items():
            show(page, served)
            save(page, folder / name)


def take_home_assistant(page: Page, path: Path) -> None:
    """The camera as a device in Home Assistant's own frontend."""
    more = {"HA_TEST_INTEGRATIONS": "frontend", "PYTHONPATH": _FRONTEND}
    with tempfile.TemporaryDirectory() as folder, _pi(Path(folder)) as (running, _web_port):
        ha = HomeAssistant(running.broker.port, environment=more)
        storage = ha.directory / "config" / ".storage"
        storage.mkdir()
        (storage / "onboarding").write_text(json.dumps(_ONBOARDED))
        with ha:
            device = wait_for(lambda: ha.device("mqttcam_pi-garden_front"), "the device", interval=0.1)
            snapshot = ha.entity_id("mqttcam_pi-garden_front_last_snapshot")
            button = ha.entity_id("mqttcam_pi-garden_front_snapshot")
            ha.wait_state(button, lambda state: state != "unavailable")
            ha.call("button.press", button)
            wait_for(lambda: ha.picture(snapshot), "the snapshot", interval=0.1)
            running.front.next_image()
            address = f"http://{HOST}:{ha.port}"
            page.size(1100, 900)
            page.open(f"{address}/manifest.json")
            page.script(_LOGIN, ha.token)
            page.open(f"{address}/config/devices/device/{device['id']}")
            page.until(
                lambda: page.script(_DRAWN, "Configuration", "Diagnostic", "Brightness"), "the device", 60
            )
            save(page, path)


@contextmanager
def _pi(folder: Path, cameras: dict[str, dict[str, Any]] = _CAMERAS) -> Iterator[tuple[Rig, int]]:
    """A daemon with cameras and a broker, and the port of its page."""
    port = free_port()
    web = {"enabled": True, "port": port}
    with (
        Mosquitto(folder / "broker") as broker,
        rig(broker, folder / "daemon", node="pi-garden", cameras=cameras, web=web) as running,
    ):
        yield running, port


def save(page: Page, path: Path) -> None:
    """Save what the browser shows with a palette of its own, which takes a third of the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        page.driver.save_screenshot(str(raw))
        palette = "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a"
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-y", "-i", raw, "-vf", palette, "-pred", "mixed", path],
            check=True,
            timeout=60,
        )


if __name__ == "__main__":
    with browsing() as browser:
        take_overview(browser, IMAGES / "overview.png")
        take_live_page(browser, IMAGES / "live-page.png")
        take_zones(browser, IMAGES / "zones.png")
        take_views(browser, IMAGES)
        if (ha_root() / _FRONTEND.lstrip("/")).is_dir():
            take_home_assistant(browser, IMAGES / "home-assistant.png")
