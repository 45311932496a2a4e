"""Measure how soon the page shows a picture: from the beginning of the navigation, with an empty cache.

usage: python -m tests.bench.first_picture [--size 1280x720] [--rounds 7]

Needs chromium with chromedriver, and firefox. Machines are shared and noisy: compare what stands in one table.
"""

from __future__ import annotations

import argparse
import statistics

from tests.web.browser import browsing
from tests.web.browser_page import BrowserPage
from tests.web.firefox import running_firefox
from tests.web.serving import serving_in_thread

_NOTE = """
const look = () => {
  const shown = [...document.querySelectorAll(".picture > :not([hidden])")];
  const done = shown.length && shown.every((it) => it.videoWidth || it.naturalWidth);
  if (done) window.firstPicture = performance.now();
  else requestAnimationFrame(look);
};
look();
"""
"""Notes when all pictures that are shown have something in them, in milliseconds since the navigation began."""
PLACES = {"one camera, video": "#/front", "four cameras": "#/"}


def measure(page: BrowserPage, url: str) -> float:
    """Return the milliseconds until the page at this address shows its pictures."""
    page.open(url)
    page.until(lambda: page.script("return window.firstPicture"), "the first picture")
    return float(page.script("return window.firstPicture"))


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cameras = {name: {"size": options.size, "frame_rate": 15} for name in ("front", "garden", "gate", "shed")}
    print("| browser | view | first picture, median | slowest |\n| --- | --- | --- | --- |")
    with serving_in_thread(cameras) as (served, _loop), browsing() as chromium, running_firefox() as firefox:
        for name, page in {"Chromium": chromium, "Firefox": firefox}.items():
            page.screen()
            for view, place in PLACES.items():
                with page.prepared(_NOTE):
                    times = []
                    for _ in range(options.rounds):
                        page.empty_cache()
                        times.append(measure(page, f"{served.url}/{place}"))
                    page.open("about:blank")
                print(
                    f"| {name} | {view} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
