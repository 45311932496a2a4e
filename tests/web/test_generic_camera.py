"""A real Home Assistant plays the video in its Generic Camera, added as a user would."""

from __future__ import annotations

import gzip
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.home_assistant.harness import HomeAssistant, ha_root
from tests.support.waiting import wait_for
from tests.web.credentials import users
from tests.web.serving import serving_in_thread
from tests.web.test_home_assistant import ask, home_assistant

__all__ = ["home_assistant"]  # a fixture

av = pytest.importorskip("av")
pytestmark = pytest.mark.home_assistant

from tests.support.sounding import FPS, sounding  # noqa: E402 - it needs PyAV


def posted(home_assistant: HomeAssistant, path: str, body: dict[str, Any]) -> Any:
    """Return the answer of its REST API."""
    with urllib.request.urlopen(ask(home_assistant, path, body), timeout=60) as answer:
        return json.load(answer)


@contextmanager
def network_camera() -> Iterator[dict[str, Any]]:
    """The settings of a camera with G.711, whose video has to be encoded."""
    pieces = sounding(240, "flv", "pcm_alaw", 8000)

    def respond(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n"
        for piece in pieces:
            yield piece
            time.sleep(1 / FPS)

    with raw_http_camera(respond) as url:
        yield {"source": {"type": "url", "url": url, "kind": "video"}, "size": None, "rotation": 180}


def test_the_generic_camera_plays_and_records_the_video_with_sound(home_assistant: HomeAssistant) -> None:
    with network_camera() as camera, serving_in_thread({"front": camera}, **users()) as (served, _loop):
        flows = "/api/config/config_entries/flow"
        flow = posted(home_assistant, flows, {"handler": "generic"})["flow_id"]
        done = posted(
            home_assistant,
            f"{flows}/{flow}",
            {
                "still_image_url": f"{served.url}/cameras/front/snapshot.jpg",
                "stream_source": f"{served.url}/cameras/front/stream.ts",
                "username": "otto",
                "password": "right",
                "advanced": {"framerate": 2, "verify_ssl": True, "authentication": "basic"},
            },
        )
        assert done["step_id"] == "user_confirm", done
        done = posted(home_assistant, f"{flows}/{flow}", {"confirmed_ok": True})
        assert done["type"] == "create_entry", done
        wait_for(lambda: _camera(home_assistant), "the camera entity")
        url = home_assistant.ask("camera/stream", entity_id=_camera(home_assistant), format="hls")["url"]
        assert _segments(home_assistant, url), "the playlist has video"
        assert _recorded(home_assistant) > 1, "seconds"
        assert not home_assistant.log(logger="homeassistant.components.stream")
        assert not home_assistant.log(logger="homeassistant.components.generic")


def _camera(home_assistant: HomeAssistant) -> str | None:
    return next((entity for entity in home_assistant.states() if entity.startswith("camera.127")), None)


def _recorded(home_assistant: HomeAssistant) -> float:
    """Return the seconds of video in a file that the action `camera.record` writes."""
    folder = home_assistant.directory / "config" / "www"  # where Home Assistant allows files by default
    folder.mkdir()
    inside = Path("/") / folder.relative_to(ha_root().resolve())
    home_assistant.call(
        "camera.record", str(_camera(home_assistant)), filename=f"{inside}/clip.mp4", duration=2, lookback=0
    )
    with av.open(str(wait_for(lambda: next(folder.glob("clip.mp4"), None), "the file"))) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        times = [float(frame.time) for frame in container.decode(video=0)]
    return max(times) - min(times)


def _segments(home_assistant: HomeAssistant, url: str) -> bytes:
    """Return the first part of the video of an HLS address."""

    def lines(path: str) -> list[str]:
        body = home_assistant.get(path)[2]  # compressed, whatever a client accepts
        text = (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    playlist = urljoin(url, wait_for(lambda: lines(url), "the master playlist")[0])
    segment = urljoin(playlist, wait_for(lambda: lines(playlist), "the first segment")[0])
    body: bytes = home_assistant.get(segment)[2]
    return body
