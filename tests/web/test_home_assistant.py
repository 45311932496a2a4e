"""A real Home Assistant shows the stream in its MJPEG camera, added as a user would."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.home_assistant.harness import HomeAssistant, ha_root, ha_version
from tests.support.broker import Mosquitto
from tests.support.left_out import leave_out
from tests.support.pictures import size_of
from tests.support.waiting import HOST, wait_for
from tests.web.credentials import users
from tests.web.serving import serving_in_thread

pytestmark = pytest.mark.home_assistant


@pytest.fixture
def home_assistant(tmp_path: Path) -> Iterator[HomeAssistant]:
    if ha_version(ha_root()) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    with Mosquitto(tmp_path) as broker, HomeAssistant(broker.port) as found:
        yield found


def ask(
    home_assistant: HomeAssistant, path: str, body: dict[str, Any] | None = None
) -> urllib.request.Request:
    """Return a request to its REST API."""
    return urllib.request.Request(
        f"http://{HOST}:{home_assistant.port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {home_assistant._token_file.read_text()}",
            "Content-Type": "application/json",
        },
    )


def add_camera(home_assistant: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Add the integration as its dialog would."""
    with urllib.request.urlopen(
        ask(home_assistant, "/api/config/config_entries/flow", {"handler": "mjpeg"}), timeout=60
    ) as answer:
        flow = json.load(answer)["flow_id"]
    form = ask(home_assistant, f"/api/config/config_entries/flow/{flow}", {"verify_ssl": True} | data)
    with urllib.request.urlopen(form, timeout=60) as answer:
        done: dict[str, Any] = json.load(answer)
    return done


def test_home_assistants_mjpeg_camera_shows_the_stream(home_assistant: HomeAssistant) -> None:
    with serving_in_thread(**users()) as (served, _loop):
        done = add_camera(
            home_assistant,
            name="Front stream",
            mjpeg_url=f"{served.url}/cameras/front/stream.mjpg",
            still_image_url=f"{served.url}/cameras/front/snapshot.jpg",
            username="otto",
            password="right",
        )
        assert done["type"] == "create_entry", done
        entity = "camera.front_stream"
        wait_for(lambda: entity in home_assistant.states(), "the camera entity")
        still = home_assistant.picture(entity)
        assert still is not None
        assert size_of(still) == (320, 240)
        token = home_assistant.states()[entity]["attributes"]["access_token"]
        stream = ask(home_assistant, f"/api/camera_proxy_stream/{entity}?token={token}")
        with urllib.request.urlopen(stream, timeout=60) as answer:
            assert answer.headers.get_content_type() == "multipart/x-mixed-replace"
            data = answer.read(200_000)
        assert data.count(b"\xff\xd8\xff") > 5
        assert not home_assistant.log(logger="homeassistant.components.mjpeg")
