"""`mqttcam init --page` in a browser: from the printed link to the written file."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.remote.webelement import WebElement

from mqttcam.settings import load
from mqttcam.web.passwords import verify_password
from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.broker import Mosquitto
from tests.support.daemon import Daemon
from tests.support.pictures import jpeg_folder
from tests.support.waiting import HOST, free_port, wait_for
from tests.web.axe import violations
from tests.web.browser import Page

LINK = re.compile(r"(http://\S+)#token=(\S+)")


@pytest.fixture
def init(tmp_path: Path) -> Iterator[Daemon]:
    """The command, with an older file in its folder."""
    file = tmp_path / "config.yaml"
    file.write_text("node: old\n")
    options = ["--config", str(file), "--web-host", HOST, "--web-port", str(free_port())]
    with Daemon(tmp_path, arguments=["init", "--page", *options]) as running:
        yield running


def link(init: Daemon) -> tuple[str, str]:
    """Return the address and the token, once they are printed."""
    match = wait_for(lambda: LINK.search(init.log), "the link is printed")
    return match[1], match[2]


def post(url: str, name: str, token: str, data: object) -> tuple[int, dict[str, object]]:
    """Return the status of a request, and the error."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}api/first-start/{name}", json.dumps(data).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]


def field(page: Page, path: str) -> WebElement:
    return page.find(f'[data-field="{path}"]')


def fill(page: Page, path: str, text: str) -> None:
    element = field(page, path)
    element.clear()
    element.send_keys(text)


def error_at(page: Page, path: str) -> str:
    """Wait for an error at a field, and return it."""
    element = field(page, path)
    return page.until(
        lambda: page.all(f"#{element.get_attribute('id')}-error")[0].text, f"an error at {path}"
    )


def test_from_the_link_to_the_file(page: Page, init: Daemon, tmp_path: Path) -> None:
    jpeg_folder(tmp_path / "pictures", count=2, width=320, height=240)
    camera = CameraProcess(*http_camera_command(tmp_path / "pictures", "plain", "viewer", "secret"))
    try:
        with Mosquitto(tmp_path / "broker", password="right") as broker:
            page.open("#token=".join(link(init)))
            assert page.text("h1") == "Set up mqttcam"
            assert "token" not in page.driver.current_url

            fill(page, "network.address", f"http://{HOST}:{camera.port}/stream")
            page.find("#network").click()
            assert "401" in error_at(page, "network.address")
            fill(page, "network.username", "viewer")
            fill(page, "network.password", "secret")
            page.find("#network").click()
            page.until(
                lambda: page.script("return document.querySelector('#chosen img')?.naturalWidth") == 320,
                "the picture",
            )
            fill(page, "cameras.0.name", "Front door")
            assert field(page, "cameras.0.id").get_property("value") == "front-door"

            fill(page, "broker.address", f"{HOST}:{broker.port}")
            fill(page, "broker.username", "mqttcam")
            fill(page, "broker.password", "wrong")
            page.find("#login").click()
            assert "mqtt.username" in error_at(page, "broker.username")
            fill(page, "broker.password", "right")
            page.find("#login").click()
            page.until(lambda: "accepts the login" in page.text("main"), "the login is accepted")

            fill(page, "node", "My Pi")
            field(page, "replace").click()
            page.find("#write").click()
            assert "such as my-pi" in error_at(page, "node")
            fill(page, "node", "yard")
            page.find("#write").click()
            assert "1 to 1024" in error_at(page, "user.password")
            fill(page, "user.password", "page")
            look_at(page)
            page.find("#write").click()
            assert page.text("#done h1") == "The configuration is written"
            assert "ok (node yard: front-door)" in page.text("#done")
            assert init.wait() == 0
    finally:
        camera.kill()
    settings = load(tmp_path / "config.yaml", {})
    assert (settings.node, settings.cameras["front-door"].name) == ("yard", "Front door")
    assert settings.mqtt is not None
    assert (settings.mqtt.port, settings.mqtt.username) == (broker.port, "mqttcam")
    assert verify_password("page", settings.web.users["admin"].password_hash.get_secret_value())
    assert (tmp_path / "config.yaml.bak.1").read_text() == "node: old\n"


def look_at(page: Page) -> None:
    """No fault of accessibility, on a desktop and a phone, light and dark."""
    for name, size in (("desktop", (1440, 900)), ("phone", (390, 844))):
        page.size(*size, phone=name == "phone")
        for dark in (False, True):
            page.look(dark=dark)
            page.shot(f"first-start-{name}-{'dark' if dark else 'light'}")
            assert violations(page) == []
            assert page.script("return document.documentElement.scrollWidth <= innerWidth")
    page.look()
    page.size(1440, 900)


def test_requests_that_are_refused(init: Daemon, tmp_path: Path) -> None:
    """Without the token, and with answers that are not valid: each error names its field."""
    url, token = link(init)
    answers: dict[str, object] = {"node": "yard", "cameras": [], "broker": {"kind": "none"}}
    assert post(url, "write", "wrong", answers)[0] == 401
    assert post(url, "cameras", "", {})[0] == 401
    camera = {"id": "a", "name": "A", "source": {"type": "test_pattern"}}
    for wrong, status, name in (
        ({}, 409, "replace"),
        ({"replace": True, "node": ""}, 400, "node"),
        ({"replace": True, "more": 1}, 400, "more"),
        ({"replace": True, "cameras": [camera, camera]}, 400, "cameras.1.id"),
        ({"replace": True, "cameras": [camera | {"name": ""}]}, 400, "cameras.0.name"),
        (
            {"replace": True, "cameras": [camera | {"source": {"type": "file", "path": "/"}}]},
            400,
            "cameras.0.source",
        ),
        ({"replace": True, "broker": {"address": "http://a"}}, 400, "broker.address"),
        ({"replace": True, "broker": {"address": f"{HOST}:{free_port()}"}}, 400, "broker.address"),
        ({"replace": True, "user": {"name": "a b", "password": "x"}}, 400, "user.name"),
    ):
        found, error = post(url, "write", token, answers | wrong)
        assert (found, error["field"]) == (status, name), wrong
    assert post(url, "picture", token, {"address": "usb"})[1]["field"] == "address"
    assert (tmp_path / "config.yaml").read_text() == "node: old\n"
    code, _ = init.stop()
    assert code == 1
    assert "nothing was written" in init.log
