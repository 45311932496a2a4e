"""HTTP cameras: streams and snapshots, of servers that are killed, stalled and restarted."""

from __future__ import annotations

import time

import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.url import UrlCamera
from mqttcam.camera.sources.url.http_login import challenges
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.conftest import OpenUrl, StartCamera
from tests.camera.sources.reading import failure_of, frame_of
from tests.support.waiting import free_port


@pytest.mark.parametrize(
    "dialect", ["plain", "dashes", "unsized", "chunked", "newlines", "redirect", "mixed"]
)
def test_stream_passes_pictures_through_untouched(
    http_camera: StartCamera, opened: OpenUrl, pictures: list[bytes], dialect: str
) -> None:
    camera = opened(f"http://127.0.0.1:{http_camera(dialect).port}/stream")
    seen = {frame_of(camera).picture(PictureSpec()).jpeg for _ in range(20)}
    assert seen <= set(pictures)
    assert len(seen) > 1


def test_snapshots_are_asked_for_at_their_interval(
    http_camera: StartCamera, opened: OpenUrl, pictures: list[bytes]
) -> None:
    camera = opened(f"http://127.0.0.1:{http_camera().port}/snapshot.jpg", interval=0.1)
    assert frame_of(camera).jpeg in pictures
    start = time.monotonic()
    for _ in range(5):
        assert frame_of(camera).picture(PictureSpec()).jpeg in pictures
    assert time.monotonic() - start > 0.35
    assert camera.read(0) is None


@pytest.mark.parametrize(
    ("path", "model", "rate"), [("/stream", "MJPEG stream", 0), ("/snapshot.jpg", "Snapshots", 2.0)]
)
def test_kind_is_found_out(http_camera: StartCamera, path: str, model: str, rate: float) -> None:
    url = f"http://127.0.0.1:{http_camera().port}{path}"
    camera = UrlCamera(CameraSettings(source=UrlSource(url=url, interval=0.5)), Wakeup())  # type: ignore[arg-type]
    info = camera.open()
    camera.close()
    assert (info.model, info.frame_rate, info.width, info.height) == (model, rate, 320, 240)


def test_killed_stream_fails_and_its_successor_is_opened(http_camera: StartCamera, opened: OpenUrl) -> None:
    server = http_camera()
    url = f"http://127.0.0.1:{server.port}/stream"
    camera = opened(url)
    frame_of(camera)
    server.kill()
    assert "127.0.0.1" in (failure := failure_of(camera)) or "ended" in failure
    with pytest.raises(SourceError, match="cannot be reached: Connection refused"):
        opened(url)
    http_camera(port=server.port)
    frame_of(opened(url))


def test_killed_snapshot_server_fails(http_camera: StartCamera, opened: OpenUrl) -> None:
    server = http_camera()
    camera = opened(f"http://127.0.0.1:{server.port}/snapshot.jpg", interval=0.05)
    server.kill()
    assert "Connection refused" in failure_of(camera)


def test_stream_that_ends_by_itself_is_connected_again(http_camera: StartCamera, opened: OpenUrl) -> None:
    server = http_camera("short")
    camera = opened(f"http://127.0.0.1:{server.port}/stream")
    for _ in range(8):
        frame_of(camera)
    server.kill()
    assert "Connection refused" in failure_of(camera)


def test_stalled_stream_holds_up_nobody_and_fails_after_its_timeout(
    http_camera: StartCamera, opened: OpenUrl
) -> None:
    server = http_camera()
    camera = opened(f"http://127.0.0.1:{server.port}/stream", timeout=1)
    server.stall()
    while camera.read(0.1) is not None:  # a read that waited for the camera would fail
        pass
    assert "does not answer within 1 s" in failure_of(camera)


def test_closing_a_stalled_stream_takes_no_time(http_camera: StartCamera, opened: OpenUrl) -> None:
    server = http_camera()
    camera = opened(f"http://127.0.0.1:{server.port}/stream", timeout=60)
    server.stall()
    start = time.monotonic()
    camera.close()
    assert time.monotonic() - start < 30


def test_server_that_is_stalled_from_the_start(http_camera: StartCamera, opened: OpenUrl) -> None:
    server = http_camera()
    server.stall()
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"does not answer within 0\.5 s"):
        opened(f"http://127.0.0.1:{server.port}/stream", timeout=0.5, kind="mjpeg")
    assert time.monotonic() - start < 30


def test_nobody_listens(opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:\d+ cannot be reached: Connection refused"):
        opened(f"http://127.0.0.1:{free_port()}/stream")


@pytest.mark.parametrize("path", ["/stream", "/snapshot.jpg"])
@pytest.mark.parametrize("dialect", ["plain", "digest", "several", "between"])
@pytest.mark.parametrize("in_url", [True, False])
def test_credentials(
    http_camera: StartCamera, opened: OpenUrl, dialect: str, in_url: bool, path: str
) -> None:
    port = http_camera(dialect, "admin", "p@ss/wörd").port
    if in_url:
        camera = opened(f"http://admin:p%40ss%2Fw%C3%B6rd@127.0.0.1:{port}{path}", interval=0.05)
    else:
        camera = opened(
            f"http://127.0.0.1:{port}{path}", username="admin", password="p@ss/wörd", interval=0.05
        )
    frame_of(camera)
    frame_of(camera)


def test_credentials_go_wherever_the_camera_redirects_to_on_itself(
    http_camera: StartCamera, opened: OpenUrl
) -> None:
    port = http_camera("redirect", "admin", "secret").port
    frame_of(opened(f"http://admin:secret@127.0.0.1:{port}/stream"))


@pytest.mark.parametrize(
    ("away", "there", "scheme"), [("away", "plain", "http"), ("away-tls", "tls", "https")]
)
def test_credentials_go_nowhere_else(
    http_camera: StartCamera, opened: OpenUrl, away: str, there: str, scheme: str
) -> None:
    elsewhere = http_camera(there, "admin", "secret").port
    port = http_camera(away, "admin", "secret").port
    with pytest.raises(SourceError) as error:
        opened(f"http://admin:secret@127.0.0.1:{port}/{elsewhere}", insecure=True)
    assert str(error.value) == (
        f"http://127.0.0.1:{port} redirects to {scheme}://127.0.0.1:{elsewhere}, which requires a password (401); "
        "the password is only sent to the configured address: if both are the camera, configure the second one as "
        "the url"
    )


def test_a_login_that_is_not_known_is_said(http_camera: StartCamera, opened: OpenUrl) -> None:
    port = http_camera("unknown", "admin", "secret").port
    with pytest.raises(SourceError, match="neither Basic nor Digest"):
        opened(f"http://admin:secret@127.0.0.1:{port}/stream")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["Negotiate"], ["Negotiate"]),
        (["Negotiate", 'Basic realm="a, b"'], ["Negotiate", 'Basic realm="a, b"']),
        (
            ['Negotiate YWI==, Digest realm="a", qop="auth,auth-int", nonce = "x", Basic realm=b'],
            ["Negotiate YWI==", 'Digest realm="a", qop="auth,auth-int", nonce = "x"', "Basic realm=b"],
        ),
    ],
)
def test_ways_to_log_in_are_told_apart(headers: list[str], expected: list[str]) -> None:
    assert list(challenges(headers)) == expected


def test_a_redirection_without_end_is_said(http_camera: StartCamera, opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match="redirects too often, or to something other than HTTP"):
        opened(f"http://127.0.0.1:{http_camera('circle').port}/stream")


def test_a_server_without_tls_is_said(http_camera: StartCamera, opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match=r"does not speak valid TLS \((wrong version|record layer)"):
        opened(f"https://127.0.0.1:{http_camera().port}/stream")


@pytest.mark.parametrize("dialect", ["plain", "digest"])
@pytest.mark.parametrize("credentials", [{}, {"username": "admin", "password": "wrong"}])
def test_wrong_credentials(
    http_camera: StartCamera, opened: OpenUrl, dialect: str, credentials: dict[str, str]
) -> None:
    port = http_camera(dialect, "admin", "secret").port
    with pytest.raises(
        SourceError,
        match="rejects the user name or the password" if credentials else "requires a user name and password",
    ):
        opened(f"http://127.0.0.1:{port}/stream", **credentials)


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("/page", "auto", "gives text/html, not pictures"),
        ("/page", "mjpeg", "gives text/html, not pictures"),
        ("/page", "snapshot", "gives text/html, not pictures"),
        ("/broken.png", "auto", "is not a usable picture: the PNG cannot be decoded"),
        ("/nothing", "auto", r"has no such path \(404\)"),
    ],
)
def test_what_is_no_camera_is_said(
    http_camera: StartCamera, opened: OpenUrl, path: str, kind: str, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        opened(f"http://127.0.0.1:{http_camera().port}{path}", kind=kind)


@pytest.mark.parametrize("kind", ["auto", "snapshot"])
def test_snapshot_that_is_a_png(http_camera: StartCamera, opened: OpenUrl, kind: str) -> None:
    camera = opened(f"http://127.0.0.1:{http_camera().port}/picture.png", kind=kind)
    frame = frame_of(camera)
    assert (frame.width, frame.height, frame.jpeg) == (83, 61, None)


def test_stream_without_a_picture(http_camera: StartCamera, opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match="gives multipart/x-mixed-replace, not pictures"):
        opened(f"http://127.0.0.1:{http_camera('empty').port}/stream", timeout=1)


def test_smaller_and_turned_where_the_settings_say_so(
    http_camera: StartCamera, opened: OpenUrl, pictures: list[bytes]
) -> None:
    url = f"http://127.0.0.1:{http_camera().port}/snapshot.jpg"
    camera = opened(url, camera={"size": (160, 120), "rotation": 180}, interval=0.05)
    picture = frame_of(camera).picture(PictureSpec())
    assert (picture.width, picture.height) == (160, 120)
    got = simplejpeg.decode_jpeg(picture.jpeg).astype(int)[::-1, ::-1]
    wanted = [simplejpeg.decode_jpeg(one).astype(int)[::2, ::2] for one in pictures]
    assert min(np.abs(got - one).mean() for one in wanted) < 12


def test_a_quarter_turn(http_camera: StartCamera, opened: OpenUrl, pictures: list[bytes]) -> None:
    url = f"http://127.0.0.1:{http_camera().port}/snapshot.jpg"
    camera = opened(url, camera={"size": (160, 120), "rotation": 90}, interval=0.05)
    picture = frame_of(camera).picture(PictureSpec())
    assert (picture.width, picture.height) == (120, 160)
    got = np.rot90(simplejpeg.decode_jpeg(picture.jpeg).astype(int))
    wanted = [simplejpeg.decode_jpeg(one).astype(int)[::2, ::2] for one in pictures]
    assert min(np.abs(got - one).mean() for one in wanted) < 12


def test_a_size_that_is_large_enough_changes_nothing(
    http_camera: StartCamera, opened: OpenUrl, pictures: list[bytes]
) -> None:
    camera = opened(f"http://127.0.0.1:{http_camera().port}/stream", camera={"size": (640, 480)})
    assert frame_of(camera).picture(PictureSpec()).jpeg in pictures
