"""Measure whether the page grows while it is open for long: `python -m tests.web.growth --minutes 60`.

The page shows four cameras at once for the first half of the time, and one of them with video for the second half.
Printed are what the browser (`--browser firefox` or `chromium`) holds for it and the daemon's memory; the exit code is
1 if something grows. Needs mosquitto and the browser.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from statistics import median

from tests.soak.samples import take_sample
from tests.support.broker import Mosquitto
from tests.support.rig import rig
from tests.support.waiting import HOST, free_port
from tests.web.browser import Page, browsing
from tests.web.browser_page import BrowserPage
from tests.web.firefox import FirefoxPage, running_firefox

CAMERAS = {
    name: {"source": {"type": "test_pattern"}, "size": "640x360", "frame_rate": 10, "motion": {}}
    for name in ("front", "garden", "gate", "shed")
}
VIEWS = {"overview": "#/", "camera": "#/front"}
COUNT_URLS = """
window.objectUrls = 0;
const {createObjectURL, revokeObjectURL} = URL;
const alive = new Set();
URL.createObjectURL = (it) => {
  const url = createObjectURL.call(URL, it);
  window.objectUrls = alive.add(url).size;
  return url;
};
URL.revokeObjectURL = (url) => {
  alive.delete(url);
  window.objectUrls = alive.size;
  revokeObjectURL.call(URL, url);
};
"""
"""Keeps the number of object URLs that are not revoked in `window.objectUrls`."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a browser holds for the page, after garbage was collected.

    Attributes:
        nodes: of the DOM; in Chromium also those that only JavaScript refers to.
        listeners: of events; 0 in Firefox, which does not tell.
        urls: object URLs.
        memory: MiB, of the JavaScript heap in Chromium and of the page's process in Firefox.
        daemon: MiB, resident.
    """

    nodes: float
    listeners: float
    urls: float
    memory: float
    daemon: float = 0


def held_by_chromium(page: Page) -> Held:
    """Measure the page in Chromium."""
    page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    found = page.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    values = {one["name"]: one["value"] for one in found}
    urls = page.script("return window.objectUrls")
    return Held(values["Nodes"], values["JSEventListeners"], urls, values["JSHeapUsedSize"] / 2**20)


_COLLECT = """
for (const topic of ["child-gc-request", "child-cc-request"]) Services.obs.notifyObservers(null, topic);
const pid = gBrowser.selectedBrowser.browsingContext.currentWindowGlobal.osPid;
return ChromeUtils.requestProcInfo().then(({children}) => children.find((it) => it.pid === pid).memory);
"""


def held_by_firefox(page: FirefoxPage) -> Held:
    """Measure the page in Firefox."""
    memory = page.chrome(_COLLECT)
    nodes, urls = page.script("return [document.getElementsByTagName('*').length, window.objectUrls]")
    return Held(nodes, 0, urls, memory / 2**20)


@contextmanager
def measured(browser: str) -> Iterator[tuple[BrowserPage, Callable[[], Held]]]:
    """Open a browser for the block, with what measures the page in it."""
    if browser == "firefox":
        with running_firefox() as page, page.prepared(COUNT_URLS):
            yield page, lambda: held_by_firefox(page)
    else:
        with browsing() as chromium, chromium.prepared(COUNT_URLS):
            chromium.driver.execute_cdp_cmd("Performance.enable", {})
            yield chromium, lambda: held_by_chromium(chromium)


LIMITS: dict[str, float] = {"nodes": 100, "listeners": 20, "urls": 2, "memory": 3, "daemon": 10}
"""What each may grow from the first to the last third of a view's time, after its first quarter."""
_FIREFOX_MEMORY = 30
"""MiB; that of a whole process is less even than that of a heap."""


def grown(samples: Sequence[Held], limits: dict[str, float]) -> list[str]:
    """Return what has grown by more than it may."""
    warm = samples[len(samples) // 4 :]
    third = max(1, len(warm) // 3)
    found = []
    for name, limit in limits.items():
        early, late = (median(getattr(one, name) for one in part) for part in (warm[:third], warm[-third:]))
        if late - early > limit:
            found.append(f"{name}: {early:.1f} to {late:.1f}, allowed: +{limit:g}")
    return found


def watch(browser: str, minutes: float, directory: Path) -> list[str]:
    """Open the page for these minutes, print what is held, and return what has grown."""
    port, found = free_port(), []
    limits = LIMITS | ({"memory": _FIREFOX_MEMORY} if browser == "firefox" else {})
    interval = max(2.0, minutes * 60 / 60)
    web = {"enabled": True, "port": port}
    with (
        Mosquitto(directory / "broker") as broker,
        rig(broker, directory / "daemon", cameras=CAMERAS, web=web) as running,
        measured(browser) as (page, measure),
    ):
        print("| view | minute | " + " | ".join(field.name for field in fields(Held)) + " |")
        print("| --- " * (2 + len(fields(Held))) + "|", flush=True)
        for view, place in VIEWS.items():
            page.open(f"http://{HOST}:{port}/{place}")
            page.see(".stage[data-status=running]")
            samples = []
            began = time.monotonic()
            while (passed := time.monotonic() - began) < minutes * 60 / len(VIEWS):
                time.sleep(interval)
                held = replace(measure(), daemon=take_sample(running.daemon.pid, 0).resident)
                samples.append(held)
                numbers = " | ".join(f"{number:.1f}" for number in astuple(held))
                print(f"| {view} | {passed / 60:.1f} | {numbers} |", flush=True)
            assert page.moves(), "it still shows pictures"
            found += [f"{view}: {text}" for text in grown(samples, limits)]
        found += page.complaints()
    return found


def main() -> int:
    """Watch the page as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.growth", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--browser", choices=("chromium", "firefox"), default="chromium")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mqttcam-growth-") as directory:
        found = watch(given.browser, given.minutes, Path(directory))
    print("\n".join(f"WRONG: {text}" for text in found) or "nothing grows")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
