"""RTSP cameras, by GStreamer's server: killed, stalled, restarted."""

from __future__ import annotations

import time
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg

from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.settings.video import VideoSettings
from tests.camera.sources.conftest import OpenUrl, StartCamera
from tests.camera.sources.reading import failure_of, frame_of
from tests.support.certificates import Certificates
from tests.support.video import BT601, BT709, COLOUR, FULL, LIMITED, video
from tests.support.waiting import free_port, wait_for


def address(port: int, user: str = "") -> str:
    return f"rtsp://{user}127.0.0.1:{port}/camera"


def test_mjpeg_is_passed_through(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    frame = frame_of(opened(address(rtsp_camera("mjpeg").port)))
    assert frame.planes is None
    assert frame.jpeg is not None
    assert frame.picture(PictureSpec()).jpeg is frame.jpeg
    assert simplejpeg.decode_jpeg(frame.jpeg).shape == (240, 320, 3)


def test_h264_is_decoded_to_full_range(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    camera = opened(address(rtsp_camera("h264").port))
    for _ in range(5):
        frame = frame_of(camera)
    assert frame.planes is not None
    # A white ball on black: 235 and 16 in the stream.
    assert (int(frame.planes[0].min()), int(frame.planes[0].max())) == (0, 255)
    assert np.abs(frame.planes[1].astype(int) - 128).max() <= 2
    assert simplejpeg.decode_jpeg(frame.picture(PictureSpec()).jpeg).shape == (240, 320, 3)


@pytest.mark.parametrize(
    ("space", "limits", "named", "size"),
    [
        (BT709, LIMITED, True, (320, 240)),
        (BT709, FULL, True, (320, 240)),
        (BT601, LIMITED, True, (1280, 720)),
        (BT709, LIMITED, False, (1280, 720)),
        (BT601, LIMITED, False, (320, 240)),
    ],
)
def test_colours_are_true(
    rtsp_camera: StartCamera,
    opened: OpenUrl,
    tmp_path: Path,
    space: int,
    limits: int,
    named: bool,
    size: tuple[int, int],
) -> None:
    options = {"qp": "4", "bf": "0", "threads": "1"}  # one slice: the server puts headers between slices
    film = video(tmp_path / "v.h264", 30, size, space=space, limits=limits, named=named, options=options)
    frame = frame_of(opened(address(rtsp_camera(str(film)).port)))
    pixels = simplejpeg.decode_jpeg(frame.picture(PictureSpec(95)).jpeg)
    assert np.abs(pixels[size[1] // 2, size[0] * 3 // 4].astype(int) - COLOUR).max() <= 4
    assert pixels[size[1] // 4, size[0] // 4].max() <= 4


def test_pixels_are_square(rtsp_camera: StartCamera, opened: OpenUrl, tmp_path: Path) -> None:
    options = {"threads": "1", "bf": "0", "x264-params": "sar=16/11"}
    film = video(tmp_path / "v.h264", 30, (176, 144), options=options)
    frame = frame_of(opened(address(rtsp_camera(str(film)).port)))
    assert (frame.width, frame.height) == (256, 144)
    assert simplejpeg.decode_jpeg(frame.picture(PictureSpec()).jpeg).shape == (144, 256, 3)


def test_key_frame_that_is_rarer_than_the_timeout(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    url = address(rtsp_camera("h264-rare").port)
    first = opened(url)
    frame_of(first)
    start = time.monotonic()
    second = opened(url, timeout=0.7)
    frame_of(second)
    assert time.monotonic() - start > 2 * 0.7 + 1, "it waited for the next key frame"


def test_key_frames_alone(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    camera = opened(address(rtsp_camera("h264").port), keyframes_only=True)
    frame_of(camera)
    start = time.monotonic()
    frame_of(camera)
    frame_of(camera)
    assert time.monotonic() - start > 0.8, "one key frame a second"


@pytest.mark.parametrize("codec", ["mjpeg", "h264"])
def test_killed_camera_fails_and_its_successor_is_opened(
    rtsp_camera: StartCamera, opened: OpenUrl, codec: str
) -> None:
    server = rtsp_camera(codec)
    camera = opened(address(server.port))
    frame_of(camera)
    server.kill()
    assert failure_of(camera)
    with pytest.raises(SourceError, match="cannot be reached: Connection refused"):
        opened(address(server.port))
    rtsp_camera(codec, port=server.port)
    frame_of(opened(address(server.port)))


def test_stalled_camera_holds_up_nobody_and_fails_after_its_timeout(
    rtsp_camera: StartCamera, opened: OpenUrl
) -> None:
    server = rtsp_camera("mjpeg")
    camera = opened(address(server.port), timeout=3)
    server.stall()
    while camera.read(0.1) is not None:  # a read that waited for the camera would fail
        pass
    assert "does not answer within 3 s" in failure_of(camera)


def test_a_stall_shorter_than_the_timeout_is_survived(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    server = rtsp_camera("mjpeg")
    camera = opened(address(server.port), timeout=5)
    server.stall()
    while camera.read(0.2) is not None:
        pass
    server.go_on()
    frame_of(camera)


def test_closing_a_stalled_camera_takes_no_time(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    server = rtsp_camera("mjpeg")
    camera = opened(address(server.port), timeout=60)
    server.stall()
    start = time.monotonic()
    camera.close()
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("in_url", [True, False])
def test_credentials(rtsp_camera: StartCamera, opened: OpenUrl, in_url: bool) -> None:
    port = rtsp_camera("mjpeg", "admin", "p@ss/word").port
    if in_url:
        camera = opened(address(port, "admin:p%40ss%2Fword@"))
    else:
        camera = opened(address(port), username="admin", password="p@ss/word")
    frame_of(camera)


def test_wrong_credentials_are_said_and_not_shown(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    port = rtsp_camera("mjpeg", "admin", "secret").port
    with pytest.raises(SourceError, match="rejects the user name or the password") as failure:
        opened(address(port, "admin:hunter2@"))
    assert "hunter2" not in str(failure.value)


def test_a_certificate_that_this_system_trusts(
    rtsp_camera: StartCamera, opened: OpenUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Certificates.make(tmp_path)
    port = rtsp_camera("mjpeg", "admin", "secret", str(files.server_cert), str(files.server_key)).port
    url = f"rtsps://admin:secret@127.0.0.1:{port}/camera"
    with pytest.raises(SourceError, match="its certificate is not trusted; `insecure: true` accepts any"):
        opened(url)
    frame_of(opened(url, insecure=True))
    monkeypatch.setenv("SSL_CERT_FILE", str(files.ca))
    frame_of(opened(url))


def test_path_that_the_camera_does_not_know(rtsp_camera: StartCamera, opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match=r"has no such path \(404\)"):
        opened(f"rtsp://127.0.0.1:{rtsp_camera('mjpeg').port}/nothing")


def test_nobody_listens(opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match=r"rtsp://127\.0\.0\.1:\d+ cannot be reached: Connection refused"):
        opened(address(free_port()))


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp"])
def test_host_that_has_no_address(opened: OpenUrl, scheme: str) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.invalid cannot be reached: (Name|Temporary failure)"):
        opened(f"{scheme}://nowhere.invalid/x", timeout=5)


def test_http_kinds_are_refused_for_rtsp(opened: OpenUrl) -> None:
    with pytest.raises(SourceError, match="kind mjpeg needs an HTTP address, not rtsp://"):
        opened(address(1), kind="mjpeg")


@pytest.mark.parametrize("codec", ["h264", "h264-rare"])
def test_packets_are_passed_on(rtsp_camera: StartCamera, opened: OpenUrl, codec: str) -> None:
    camera = opened(address(rtsp_camera(codec).port))
    assert camera.video is not None
    assert (camera.video.encoder, camera.video.codec) == ("copy", "h264")
    packets: list[VideoPacket] = []
    camera.start_video(VideoSettings(), packets.append)
    wait_for(lambda: len(packets) > 30, "packets")
    camera.stop_video()
    assert packets[0].is_keyframe
    assert (packets[0].width, packets[0].height) == (320, 240)
    keyframes = [packet for packet in packets if packet.is_keyframe]
    assert all(parameter_sets(packet.data, "h264") for packet in keyframes)
    assert len(keyframes) == (1 if codec == "h264-rare" else 2)
    decoder = av.CodecContext.create("h264", "r")
    assert len([picture for one in packets for picture in decoder.decode(av.Packet(one.data))]) == len(
        packets
    )
