"""RTSP and other streams of video through PyAV: MJPEG is passed through, everything else is decoded on demand."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._aac_encoding import AudioUnusable
from mqttcam.camera.sources._demanded_pictures import DemandedPictures
from mqttcam.camera.sources._receiver import frame_of
from mqttcam.camera.sources._stream_audio import StreamAudio
from mqttcam.camera.sources._stream_packets import StreamPackets, passable
from mqttcam.camera.sources._video_stream import VideoStream, any_encoding
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.http_login import NO_LOGIN, WRONG_LOGIN
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.camera.sources.url.reconnecting import Reconnecting
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.imaging.raster import size_of
from mqttcam.imaging.video import planes_of
from mqttcam.settings.sources.url import UrlSource

log = camera_logger(__name__)
_logged: set[tuple[str, str]] = set()
"""Addresses, and why their audio is left out: a camera that is opened again and again says so once."""

_BROKEN_KEY_FRAMES = 10
"""Key frames in a row without a picture after which the stream counts as broken. Packets before the first one cannot be
decoded.
"""
_PROBE = {"analyzeduration": "1000000", "probesize": "500000"}
"""By default, FFmpeg collects five seconds of video before the first frame."""
_LONGER_PROBE = {"analyzeduration": "3000000", "probesize": "5000000"}
"""For streams that do not begin with a description, as the SDP of RTSP is one."""
_NO_KEY_FRAME = "video comes, no key frame yet"
_NO_PICTURE = "video comes, but no picture can be decoded yet"
_MAX_PAUSE = 5.0
"""Seconds between two packets of a stream that is paced; if the time stamps are further apart, they have jumped."""

_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
"""The trusted certificates of Debian, Fedora and Alpine; the FFmpeg in PyAV knows none of these places."""


def load() -> Any:
    """Return the package `av`.

    Raises:
        SourceError: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise SourceError(
            "RTSP and other streams of video need PyAV: pip install 'mqttcam[video]'"
        ) from error
    return av


class FfmpegFrames:
    """Connects at the first frame.

    Attributes:
        kind: `rtsp` or `video`.
        waiting_for: why packets come and no frame has come yet, in words; `None` once one has come.
        heard: when video last came, on the monotonic clock: a packet before a key frame, or a frame.
    """

    def __init__(self, address: Address, source: UrlSource, video: StreamVideo) -> None:
        """Do nothing yet.

        Raises:
            SourceError: PyAV is not installed.
        """
        self.kind = "rtsp" if source.kind == "rtsp" or address.scheme.startswith("rtsp") else "video"
        self.waiting_for: str | None = None
        self.heard = time.monotonic()
        self._av = load()
        self._address = address
        self._source = source
        self._video = video

    def __call__(self, peer: PeerConnection) -> Frames:
        """Yield every frame of the stream, or only its key frames; `None` for a packet without one.

        Raises:
            SourceError: the camera cannot be reached, or gives no video.
        """
        connections = Reconnecting(str(self._address), peer, self._source.timeout, self._video)
        return connections(lambda: self.connection(peer))

    def connection(self, peer: PeerConnection) -> Frames:
        """Yield the frames of one connection.

        Raises:
            SourceError: it has failed, or gives no video.
        """
        av, start = self._av, time.monotonic()
        options = self._options()
        try:
            timeouts = (self._source.timeout, self._source.timeout)
            container = av.open(self._address.whole, options=options, timeout=timeouts, **any_encoding(av))
        except (av.error.FFmpegError, OSError) as error:
            if time.monotonic() - start >= self._source.timeout:
                # FFmpeg takes what it has read until then as the answer.
                raise SourceError(
                    f"{self._address} does not answer within {self._source.timeout:g} s"
                ) from None
            if error.errno == errno.EIO and (why := _unresolved(self._address.host)):
                raise SourceError(f"{self._address} cannot be reached: {why}") from None
            if options.get("tls_verify") == "1" and error.errno == errno.EIO:
                # FFmpeg does not say which of the two it is.
                raise SourceError(
                    f"{self._address} closes the connection, or its certificate is not trusted; "
                    "`insecure: true` accepts any"
                ) from None
            raise SourceError(f"{self._address} {self._reason(error)}") from None
        try:
            yield from self._frames(container, peer)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"{self._address} {self._reason(error)}") from None
        finally:
            container.close()

    def _options(self) -> dict[str, str]:
        scheme = self._address.scheme
        timeout = str(
            int(self._source.timeout * 1_000_000)
        )  # of each socket operation, also while it is closed
        options = {"max_pixels": str(self._source.max_pixels), "flags": "low_delay"}
        if scheme.startswith("rtsp"):
            options |= {"rtsp_transport": self._source.transport, "timeout": timeout, **_PROBE}
        elif scheme == "udp":
            options |= {"timeout": timeout, "overrun_nonfatal": "1", **_LONGER_PROBE}
        else:
            options |= {"rw_timeout": timeout, "live_start_index": "-1", **_LONGER_PROBE}
        if scheme in ("rtsps", "https", "rtmps"):
            # Said both ways, as the default is not the same in every release of FFmpeg.
            options["tls_verify"] = "0" if self._source.insecure else "1"
            if not self._source.insecure and (trusted := _trusted()):
                options["ca_file"] = trusted
        return options

    def _frames(self, container: Any, peer: PeerConnection) -> Frames:
        stream = VideoStream(container, self._source.max_pixels)
        packets = self._packets(stream)
        audio = self._audio(container, stream)
        pictures = DemandedPictures(
            stream.decoder, self._video.wanted_fps, keyframes_only=self._source.keyframes_only
        )
        # What is not sent as it is captured would be decoded as fast as possible.
        pacer = _Pacer(peer) if container.format.name == "hls" or (container.size or 0) > 0 else None
        key_frames, has_frames = 0, False
        # Also those of other streams: a camera that sends sound alone would never come back from `demux`.
        for packet in container.demux():
            if packet.stream is not stream.av_stream:
                if audio is not None and packet.stream is audio.av_stream:
                    audio.offer(packet, self._video.deliver_audio)
                yield None
                continue
            if packet.dts is None and not packet.size:
                continue  # FFmpeg sends this at the end, to flush the decoder
            if pacer is not None:
                pacer.wait(packet)
            if audio is not None:
                audio.note_video(packet, self._video.deliver_audio)
            if packets is not None:
                packets.offer(packet, self._video.deliver)
            frames = self._decoded(packet, stream, pictures)
            if frames is None:
                # With `keyframes_only`, the others do not count.
                self._video.pass_over(counts=not self._source.keyframes_only)
                self.heard = self._video.last_undecoded
                if peer.stopping.is_set():
                    return
                continue
            key_frames = 0 if frames else key_frames + packet.is_keyframe
            has_frames |= bool(frames)
            self._note(key_frames, has_frames=has_frames)
            yield from frames or (None,)

    def _note(self, key_frames: int, *, has_frames: bool) -> None:
        """Note the state of decoding.

        Args:
            key_frames: since the last picture.
            has_frames: whether there was a picture.

        Raises:
            SourceError: there are too many key frames without a picture.
        """
        if key_frames > _BROKEN_KEY_FRAMES:
            raise SourceError(
                f"the video cannot be decoded, or has more pixels than max_pixels, {self._source.max_pixels}"
            )
        if key_frames <= 1:
            self.heard = time.monotonic()
        if has_frames:
            self.waiting_for = None
        else:
            self.waiting_for = _NO_PICTURE if key_frames else _NO_KEY_FRAME

    def _packets(self, stream: VideoStream) -> StreamPackets | None:
        """Note the codec; return what passes its packets on, or `None` if that is not possible."""
        codec = self._video.codec = passable(stream.codec)
        return codec and StreamPackets(self._av, codec, self._source.max_pixels, stream.av_stream)

    def _audio(self, container: Any, video: VideoStream) -> StreamAudio | None:
        """Note the format of the audio; return what passes it on, or `None` if it cannot be used or is missing."""
        stream = container.streams.best("audio", related=video.av_stream)
        if stream is None:
            return None
        try:
            audio = StreamAudio(self._av, stream, self._video.audio, self._log_audio_problem)
        except AudioUnusable as error:
            self._log_audio_problem(str(error))
            return None
        self._video.audio = audio.format
        return audio

    def _log_audio_problem(self, problem: str) -> None:
        """Log why there is no audio, once."""
        key = (self._address.bare, problem)
        if key not in _logged:
            _logged.add(key)
            log.warning("%s: its audio is left out: %s", self._address, problem)

    def _decoded(self, packet: Any, stream: VideoStream, pictures: DemandedPictures) -> list[Frame] | None:
        """Return the frames that a packet completes: none if it cannot be decoded, as before the first key frame.

        Return None if it was not to be decoded.
        """
        limit = self._source.max_pixels
        try:
            if stream.codec == "mjpeg":
                return [frame_of(bytes(packet), limit)]
            found = pictures.decode(packet)
            if found is None:
                return None
            planes = [planes_of(picture, stream.pixel_aspect, limit) for picture in found]
        except (self._av.error.FFmpegError, ValueError):
            return []
        return [Frame(time.time_ns(), *size_of(one), planes=one) for one in planes]

    def _reason(self, error: Exception) -> str:
        """Return the reason in words. FFmpeg's own messages contain the address with the password."""
        av = self._av
        if isinstance(error, av.error.ExitError | TimeoutError):
            return f"does not answer within {self._source.timeout:g} s"
        if isinstance(error, av.error.HTTPUnauthorizedError):
            return WRONG_LOGIN if self._address.credentials else NO_LOGIN
        if isinstance(error, av.error.HTTPNotFoundError):
            return "has no such path (404)"
        if isinstance(error, av.error.HTTPForbiddenError):
            return "refuses access (403)"
        if isinstance(error, av.error.HTTPError):
            return f"responds with an error ({type(error).__name__})"
        if isinstance(error, av.error.InvalidDataError):
            return "sends nothing that FFmpeg can read"
        strerror = getattr(error, "strerror", None)
        return f"cannot be reached: {strerror or type(error).__name__}"


class _Pacer:
    """Passes packets on at the times of their time stamps."""

    def __init__(self, peer: PeerConnection) -> None:
        self._peer = peer
        self._start = 0.0

    def wait(self, packet: Any) -> None:
        """Wait for the time of a packet, unless it has none."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.time_base is None:
            return
        seconds, now = float(stamp * packet.time_base), time.monotonic()
        if not 0 <= (pause := self._start + seconds - now) <= _MAX_PAUSE:
            self._start = now - seconds
        else:
            self._peer.stopping.wait(pause)


def _unresolved(host: str) -> str | None:
    """Return why a host name has no address, in words; `None` if it has one. FFmpeg does not say that it has none."""
    try:
        socket.getaddrinfo(host or None, 0)
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _trusted() -> str | None:
    """Return the file with the certificates that this system trusts; `None` if it is not found."""
    candidates = (ssl.get_default_verify_paths().cafile, *_AUTHORITIES)
    return next((path for path in candidates if path and Path(path).is_file()), None)
