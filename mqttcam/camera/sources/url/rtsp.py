"""RTSP through PyAV: MJPEG is passed through, everything else is decoded."""

from __future__ import annotations

import errno
import ssl
import time
from pathlib import Path
from typing import Any

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._receiver import frame_of
from mqttcam.camera.sources.url.address import Address
from mqttcam.camera.sources.url.http_connection import PeerConnection
from mqttcam.camera.sources.url.reader_thread import Frames
from mqttcam.imaging.raster import size_of
from mqttcam.imaging.video import planes_of
from mqttcam.settings.sources.url import UrlSource

_BROKEN_IN_A_ROW = 250
"""Packets in a row that cannot be decoded; some are normal until the first key frame."""
_PROBE = {"analyzeduration": "1000000", "probesize": "500000", "fflags": "nobuffer", "flags": "low_delay"}
"""By default, FFmpeg collects five seconds of video before the first frame."""

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
        raise SourceError("RTSP needs PyAV: pip install 'mqttcam[video]'") from error
    return av


def rtsp(address: Address, source: UrlSource, peer: PeerConnection) -> Frames:
    """Yield every frame of the stream, or only its key frames; `None` for a packet without one."""
    av = load()
    options = {
        "rtsp_transport": source.transport,
        "max_pixels": str(source.max_pixels),
        "timeout": str(int(source.timeout * 1_000_000)),  # of each socket operation, also while it is closed
        **_PROBE,
    }
    if not source.insecure and address.scheme == "rtsps":
        options |= {"tls_verify": "1"} | ({"ca_file": trusted} if (trusted := _trusted()) else {})
    start = time.monotonic()
    try:
        timeouts = (source.timeout, source.timeout)
        # A title in another encoding than UTF-8 is of no interest.
        container = av.open(address.whole, options=options, timeout=timeouts, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        if time.monotonic() - start >= source.timeout:
            # FFmpeg takes what it has read until then as the answer.
            raise SourceError(f"{address} does not answer within {source.timeout:g} s") from None
        if "tls_verify" in options and error.errno == errno.EIO:
            # FFmpeg does not say which of the two it is.
            raise SourceError(
                f"{address} closes the connection, or its certificate is not trusted; `insecure: true` accepts any"
            ) from None
        raise SourceError(f"{address} {_reason(av, error, source.timeout)}") from None
    try:
        yield from _frames(av, container, source)
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{address} {_reason(av, error, source.timeout)}") from None
    finally:
        container.close()


def _trusted() -> str | None:
    """Return the file with the certificates that this system trusts; `None` if it is not found."""
    candidates = (ssl.get_default_verify_paths().cafile, *_AUTHORITIES)
    return next((path for path in candidates if path and Path(path).is_file()), None)


def _frames(av: Any, container: Any, source: UrlSource) -> Frames:
    if not container.streams.video:
        raise SourceError("the stream has no video")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise SourceError("the stream has a video for which there is no decoder")
    passed_through = stream.codec_context.name == "mjpeg"
    if source.keyframes_only:
        stream.codec_context.skip_frame = "NONKEY"
    stream.codec_context.options = {"max_pixels": str(source.max_pixels)}
    broken = 0
    frames: list[Frame | None]
    # Also those of other streams: a camera that sends sound alone would never come back from `demux`.
    for packet in container.demux():
        if packet.stream is not stream:
            yield None
            continue
        if packet.dts is None and not packet.size:
            continue  # FFmpeg sends this at the end, to flush the decoder
        try:
            frames = (
                [frame_of(bytes(packet), source.max_pixels)]
                if passed_through
                else [_decoded(frame) for frame in packet.decode()]
            )
        except (av.error.InvalidDataError, ValueError):
            broken += 1
            if broken > _BROKEN_IN_A_ROW:
                raise SourceError("the stream cannot be decoded") from None
            frames = []
        else:
            broken = 0
        yield from frames or [None]


def _decoded(decoded: Any) -> Frame:
    planes = planes_of(decoded)
    return Frame(time.time_ns(), *size_of(planes), planes=planes)


def _reason(av: Any, error: Exception, timeout: float) -> str:
    """Return the reason in words. FFmpeg's own messages contain the address with the password, and are not used."""
    if isinstance(error, av.error.ExitError | TimeoutError):
        return f"does not answer within {timeout:g} s"
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return "requires a user name and password, or others than these (401)"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "has no such path (404)"
    if isinstance(error, av.error.HTTPError):
        return f"refuses ({type(error).__name__})"
    strerror = getattr(error, "strerror", None)
    return f"cannot be reached: {strerror or type(error).__name__}"
