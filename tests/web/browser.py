"""Headless Chromium, and what a user does with the page in it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.left_out import leave_out
from tests.support.waiting import PATIENCE

T = TypeVar("T")
HAS_VIDEO = find_spec("av") is not None

# The sandbox does not work for root; the other flags disable connections to other hosts.
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --hide-scrollbars --force-color-profile=srgb"
)
_HASH = """
const picture = document.querySelector(".picture > :not([hidden])"), canvas = document.createElement("canvas");
canvas.width = 64; canvas.height = 48;
const drawing = canvas.getContext("2d");
drawing.drawImage(picture, 0, 0, 64, 48);
const data = drawing.getImageData(0, 0, 64, 48).data;
let sum = 0, hash = 0;
for (let i = 0; i < data.length; i += 4) {
  const grey = data[i] + data[i + 1] + data[i + 2];
  sum += grey;
  hash = (hash * 31 + grey) | 0;
}
return [hash, sum / (data.length / 4) / 3];
"""
_WIDTH = """
const picture = document.querySelector(".picture > :not([hidden])");
return picture?.videoWidth || picture?.naturalWidth || 0;
"""


class Page:
    """A browser with the page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Load a URL from scratch."""
        self.driver.get("about:blank")
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """Wait for a visible element, and return it."""
        return self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None), selector)

    def all(self, selector: str) -> list[WebElement]:
        """Return the present elements, visible or not."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def field(self, key: str) -> WebElement:
        """Wait for the input of an entity, and return it."""
        return self.find(f"[data-key={key}] :is(input, select)")

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        return self.find(selector).text

    def script(self, code: str, *arguments: object) -> Any:
        """Run JavaScript, and return its result."""
        return self.driver.execute_script(code, *arguments)

    def picture(self) -> tuple[int, float]:
        """Return a hash of the present picture, and its brightness from 0 to 255."""
        number, brightness = self.script(_HASH)
        return int(number), float(brightness)

    def picture_width(self) -> int:
        """Return the width of the present picture in its own pixels; 0 if there is none."""
        return int(self.script(_WIDTH))

    def shows_video(self) -> bool:
        """Return whether the present picture is video, which needs PyAV, and not MJPEG."""
        return bool(self.all(".picture > video:not([hidden])"))

    def moves(self) -> bool:
        """Wait until the picture changes."""
        first = self.picture()[0]
        return self.until(lambda: self.picture()[0] != first, "another picture")

    def slide(self, key: str, value: float) -> None:
        """Drag a slider to a value, through many others."""
        self.script(
            """const [slider, value] = arguments, from = slider.valueAsNumber;
            for (let i = 1; i <= 20; i++) {
              slider.value = from + (value - from) * i / 20;
              slider.dispatchEvent(new Event("input", {bubbles: true}));
            }""",
            self.field(key),
            value,
        )

    def until(self, condition: Callable[[], T | None], what: str, timeout: float = PATIENCE) -> T:
        """Wait until a condition returns something true, and return that."""
        end = time.monotonic() + timeout
        while True:
            try:
                value = condition()
            except (StaleElementReferenceException, WebDriverException):
                value = None
            if value:
                return value
            assert time.monotonic() < end, f"{what}: not within {timeout:g} s"
            time.sleep(0.03)

    def complaints(self) -> list[str]:
        """Return the errors in the console since the last call, policy violations included."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]

    def look(self, *, dark: bool = False) -> None:
        """Set the preferred colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    @contextmanager
    def prepared(self, code: str) -> Iterator[None]:
        """Run JavaScript in each page that is loaded during the block, before its own."""
        command = "Page.addScriptToEvaluateOnNewDocument"
        script = self.driver.execute_cdp_cmd(command, {"source": code})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Set the size of the screen, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def shot(self, name: str) -> None:
        """Save a screenshot if `MQTTCAM_SCREENSHOTS` names a directory."""
        if folder := os.environ.get("MQTTCAM_SCREENSHOTS"):
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))


@contextmanager
def browsing() -> Iterator[Page]:
    """Open a browser for the block."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        leave_out("no chromium and chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*_FLAGS.split(), f"--user-data-dir={profile}", "--window-size=1440,900"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        chrome = webdriver.Chrome(options=options, service=Service(driver))
        chrome.set_page_load_timeout(20)
        try:
            yield Page(chrome)
        finally:
            chrome.quit()
