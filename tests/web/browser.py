"""Headless Chromium."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webelement import WebElement

from tests.support.left_out import leave_out
from tests.support.waiting import PATIENCE
from tests.web.browser_page import BrowserPage

T = TypeVar("T")

# The sandbox does not work for root; the other flags disable connections to other hosts.
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --hide-scrollbars --force-color-profile=srgb"
)


class FoundElement(WebElement):
    """An element that is found again if the page has replaced it, and is clicked once nothing covers it."""

    def __init__(self, found: WebElement, find: Callable[[], WebElement]) -> None:
        super().__init__(found.parent, found.id)
        self._find = find

    def _execute(self, command: str, params: dict[str, Any] | None = None) -> Any:
        execute = super()._execute
        return self._repeat(lambda: execute(command, dict(params or {})))  # type: ignore[no-untyped-call]

    def get_attribute(self, name: str) -> str | None:
        get = super().get_attribute
        return self._repeat(lambda: get(name))

    def _repeat(self, call: Callable[[], T]) -> T:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call()
            except StaleElementReferenceException:
                if time.monotonic() > end:
                    raise
                self._id = self._find().id
            except ElementClickInterceptedException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.03)


class Page(BrowserPage):
    """Chromium with the page."""

    passing = (StaleElementReferenceException, WebDriverException)

    def __init__(self, driver: webdriver.Chrome) -> None:
        super().__init__()
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get("about:blank")
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """Wait for a visible element, and return it."""
        found = self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None), selector)
        return FoundElement(found, lambda: self.find(selector))

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
        return self.driver.execute_script(code, *arguments)

    def perform(self, actions: Sequence[dict[str, Any]]) -> None:
        self.driver.execute(Command.W3C_ACTIONS, {"actions": actions})

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]

    def look(self, *, dark: bool = False) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    @contextmanager
    def prepared(self, code: str) -> Iterator[None]:
        command = "Page.addScriptToEvaluateOnNewDocument"
        script = self.driver.execute_cdp_cmd(command, {"source": code})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def touch(self, enabled: bool) -> None:
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": enabled})

    def forget(self) -> None:
        self.driver.delete_all_cookies()

    def empty_cache(self) -> None:
        self.driver.execute_cdp_cmd("Network.clearBrowserCache", {})

    def save(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def shot(self, name: str) -> None:
        """Save a screenshot if `MQTTCAM_SCREENSHOTS` names a directory."""
        if folder := os.environ.get("MQTTCAM_SCREENSHOTS"):
            self.save(Path(folder) / f"{name}.png")


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
        chrome.set_page_load_timeout(PATIENCE)
        chrome.set_script_timeout(PATIENCE)
        try:
            yield Page(chrome)
        finally:
            chrome.quit()
