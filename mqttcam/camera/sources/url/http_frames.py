"""The frames of a camera with HTTP: an MJPEG stream, or one picture per request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import TYPE_CHECKING

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._receiver import frame_of
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_body import Body
from mqttcam.camera.sources.url.http_client import HttpClient
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.jpeg_stream import MAX_PICTURE, boundary_of, pictures
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.camera.sources.url.reconnecting import Reconnecting
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.imaging.signatures import IN_PILLOW, format_of
from mqttcam.settings.sources.url import UrlSource

if TYPE_CHECKING:  # PyAV is not needed for most cameras with HTTP
    from mqttcam.camera.sources.url.ffmpeg import FfmpegFrames

log = camera_logger(__name__)

_JPEG_TYPES = ("image/jpeg", "image/jpg", "image/pjpeg")
_PLAYLISTS = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl")
_BROKEN_IN_A_ROW = 10
"""Broken pictures in a row after which the stream counts as broken."""


class HttpFrames:
    """Connects at the first frame.

    Attributes:
        kind: `mjpeg`, `snapshot` or `video`; with `auto`, known once the first frame has come. A stream that ends after
            its first picture becomes `snapshot`.
        waiting_for: why data comes and no frame has come yet, in words; `None` if that is not known.
        heard: when a frame last came, on the monotonic clock; with `video`, anything.
    """

    def __init__(self, address: Address, source: UrlSource, video: StreamVideo) -> None:
        self.kind: str = source.kind
        self._address = address
        self._source = source
        self._due = 0.0
        self._heard = time.monotonic()
        self._video = video
        self._video_frames: FfmpegFrames | None = None

    @property
    def waiting_for(self) -> str | None:
        return self._video_frames.waiting_for if self._video_frames is not None else None

    @property
    def heard(self) -> float:
        return self._video_frames.heard if self._video_frames is not None else self._heard

    def __call__(self, peer: PeerConnection) -> Frames:
        """Yield the pictures of a stream, or one picture per interval, unchanged.

        Raises:
            SourceError: the camera cannot be reached, or gives no pictures.
        """
        client = HttpClient(self._address, self._source, peer)
        connections = Reconnecting(
            str(self._address), peer, self._source.timeout, self._video, lambda: self.kind != "snapshot"
        )
        return connections(lambda: self._connection(client, peer))

    def _connection(self, client: HttpClient, peer: PeerConnection) -> Frames:
        """Yield the pictures of one connection, or of one for each picture."""
        if self._video_frames is not None:
            yield from self._video_frames.connection(peer)
            return
        while not peer.stopping.wait(max(0.0, self._due - time.monotonic())):
            now = time.monotonic()
            self._due = max((self._due or now) + self._source.interval, now)
            try:
                with client.open() as response:
                    yield from self._read(response)
            except SourceError:
                # After a long interval, not another one.
                self._due = min(self._due, time.monotonic() + self._source.timeout)
                raise
            if self.kind != "snapshot":
                self._due = 0.0
                break
        if self.kind == "video":
            from mqttcam.camera.sources.url.ffmpeg import FfmpegFrames

            self._video_frames = FfmpegFrames(self._address, self._source, self._video)
            yield from self._video_frames.connection(peer)

    def _read(self, response: HTTPResponse) -> Iterator[Frame | None]:
        """Yield the pictures of a response, `None` for broken ones; of a snapshot only the first.

        Raises:
            SourceError: no picture was received.
        """
        content_type = response.headers.get_content_type()
        body = Body(response)
        if self.kind == "auto":
            self.kind = _kind_of(response, body)
        if self.kind == "video":
            return
        if self.kind == "snapshot" and _is_decoded(response):
            yield self._snapshot(_whole(body), content_type)
            return
        length = None if _is_multipart(response) else body.length
        whole = broken = 0
        for jpeg in pictures(body, boundary_of(response.headers.get("Content-Type", "")), length):
            if self.kind == "snapshot":
                yield self._snapshot(jpeg, content_type)
                return
            try:
                frame = self._frame(jpeg)
                whole, broken = whole + 1, 0
            except ValueError as error:
                frame = None
                broken += 1
                if broken > _BROKEN_IN_A_ROW:
                    raise SourceError(f"the pictures of the stream are not usable: {error}") from None
            yield frame
        if not whole:
            raise SourceError(f"the address gives {content_type}, not pictures")
        if whole == 1 and not broken:
            log.info("%s gives one picture per request, not a stream", self._address)
            self.kind = "snapshot"

    def _snapshot(self, data: bytes, content_type: str) -> Frame:
        try:
            return self._frame(data)
        except ValueError as error:
            raise SourceError(
                f"the answer ({content_type}, {len(data)} bytes) is not a usable picture: {error}"
            ) from None

    def _frame(self, data: bytes) -> Frame:
        frame = frame_of(data, self._source.max_pixels)
        self._heard = time.monotonic()
        return frame


def _kind_of(response: HTTPResponse, body: Body) -> str:
    """Return what a response is.

    Raises:
        SourceError: it is neither a stream nor a picture.
    """
    if _is_multipart(response):
        return "mjpeg"
    content_type = response.headers.get_content_type()
    start = response.peek(64).lstrip(b"\r\n")
    is_jpeg = content_type in _JPEG_TYPES or (body.length and start.startswith(b"\xff\xd8"))
    if is_jpeg or _is_decoded(response):
        return "snapshot"
    if content_type in _PLAYLISTS or start.startswith((b"#EXTM3U", b"FLV\x01", b"\x1aE\xdf\xa3")):
        return "video"
    is_mpeg_ts = start.startswith(b"G") and content_type != "text/html"
    if start[4:8] == b"ftyp" or is_mpeg_ts or content_type.startswith("video/mp"):
        return "video"
    if not start or start.startswith((b"\xff\xd8", b"--")):
        return "mjpeg"
    raise SourceError(f"the address gives {content_type}, not pictures")


def _is_multipart(response: HTTPResponse) -> bool:
    return response.headers.get_content_maintype() == "multipart"


def _is_decoded(response: HTTPResponse) -> bool:
    """Return whether it is a picture in another format than JPEG."""
    return format_of(response.peek(64).lstrip(b"\r\n")) in IN_PILLOW


def _whole(body: Body) -> bytes:
    data = bytearray()
    while len(data) < (body.length or MAX_PICTURE) and (part := body.read1(MAX_PICTURE - len(data))):
        data += part
    return bytes(data)
