"""The page embedded in another site, such as a dashboard."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.web.browser import Page
from tests.web.credentials import users
from tests.web.serving import serving_in_thread


@contextmanager
def dashboard(folder: Path, body: str) -> Iterator[str]:
    """Serve another site with this content; yield its URL."""
    (folder / "index.html").write_text(f'<link rel=icon href="data:,">{body}')
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_an_embedded_page_without_cookies_explains_why_the_login_failed(page: Page, tmp_path: Path) -> None:
    with serving_in_thread({"front": {}}, frame_ancestors=["http://localhost:*"], **users()) as (
        served,
        _loop,
    ):
        frame = f'<iframe src="{served.url}/" width=600 height=600></iframe>'
        with dashboard(tmp_path, frame) as url:
            try:
                page.open(url)
                page.driver.switch_to.frame(0)
                page.find("#login-name").send_keys("otto")
                page.find("#login-password").send_keys("right" + Keys.ENTER)
                page.until(lambda: "in its own tab" in page.text("#login-error"), "why it did not work")
            finally:
                page.driver.switch_to.default_content()


CAMERAS = {
    "front": {"name": "Front door of the house"},
    "gate": {"name": "Gate beside the old barn"},
    "shed": {"name": "Shed"},
}
# As in Home Assistant's "Webpage" card.
CARD = (
    '<iframe sandbox="allow-forms allow-popups allow-pointer-lock allow-same-origin allow-scripts allow-modals '
    'allow-downloads" allow="fullscreen" src="{}/#/shed" width=400 height=500 style="border: 0"></iframe>'
)


def test_in_a_dashboard_card_the_page_fits_and_does_not_scroll_the_dashboard(
    page: Page, tmp_path: Path
) -> None:
    with serving_in_thread(CAMERAS, frame_ancestors=["http://localhost:*"]) as (served, _loop):
        body = '<div style="height: 3000px"></div>' + CARD.format(served.url)
        with dashboard(tmp_path, body) as url:
            try:
                page.open(url)
                page.driver.switch_to.frame(0)
                page.until(lambda: page.all(".stage[data-status=running]"), "the camera")
                assert page.script("return document.documentElement.scrollWidth <= innerWidth")
                assert page.script("return document.getElementById('tabs').scrollLeft") > 0
                page.driver.switch_to.default_content()
                assert page.script("return scrollY") == 0
                page.script("scrollTo(0, 3000)")
                page.driver.switch_to.frame(0)
                assert page.moves()
                page.slide("brightness", 0.5)
                page.until(
                    lambda: served.registry.devices["shed"].camera.values.get("brightness") == 0.5,
                    "the value",
                )
                page.find("[aria-label^='Full screen']")
            finally:
                page.driver.switch_to.default_content()
            page.shot("card")
