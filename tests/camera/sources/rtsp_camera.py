"""An RTSP camera, by GStreamer's own server. Run by Debian's python3 (packages: see `conftest.py`).

rtsp_camera.py PORT {h264,h264-rare,mjpeg,FILE}[+{aac,pcma,pcmu,opus}] [USER PASSWORD [CERTIFICATE KEY]]

PORT 0: any free one; prints `serving PORT`. h264-rare: a key frame every four seconds. FILE: H.264 as it is (Annex B),
sent again and again. With audio, a tick comes each second, and black and white change places at every second tick.
CERTIFICATE, KEY: files for rtsps://.
"""

from __future__ import annotations

import sys

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

_SOURCE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1,format=I420"
)
_CODECS = {
    "h264": f"{_SOURCE} ! openh264enc gop-size=25 complexity=low ! h264parse ! rtph264pay name=pay0 config-interval=1",
    "h264-rare": f"{_SOURCE} ! openh264enc gop-size=100 complexity=low ! h264parse"
    " ! rtph264pay name=pay0 config-interval=-1",
    "mjpeg": f"{_SOURCE} ! jpegenc quality=80 ! rtpjpegpay name=pay0",
}
_FLIPPING = "pattern=ball flip=true motion=sweep"
_TICKS = (
    "audiotestsrc is-live=true wave=ticks volume=1 samplesperbuffer={}"
    " ! audio/x-raw,rate={},channels=1 ! {} name=pay1"
)
_AUDIO = {
    "aac": _TICKS.format(1024, 48000, "voaacenc ! aacparse ! rtpmp4gpay"),
    "pcma": _TICKS.format(160, 8000, "alawenc ! rtppcmapay"),
    "pcmu": _TICKS.format(160, 8000, "mulawenc ! rtppcmupay"),
    "opus": _TICKS.format(960, 48000, "opusenc ! rtpopuspay"),
}
_FILE = (
    'multifilesrc location="{}" loop=true caps="video/x-h264,stream-format=byte-stream,framerate=25/1"'
    " ! h264parse ! rtph264pay name=pay0 config-interval=1"
)


def main(port: str, codec: str, *credentials: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory.new()
    video, _, audio = codec.partition("+")
    launch = _CODECS.get(video) or _FILE.format(video)
    if audio:
        launch = launch.replace("pattern=ball", _FLIPPING) + f" {_AUDIO[audio]}"
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    if credentials:
        protect(server, factory, *credentials)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print("serving", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def protect(
    server: GstRtspServer.RTSPServer,
    factory: GstRtspServer.RTSPMediaFactory,
    user: str,
    secret: str,
    *certificate: str,
) -> None:
    role = "viewer"
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_permission_for_role(role, "media.factory.access", True)
    permissions.add_permission_for_role(role, "media.factory.construct", True)
    factory.set_permissions(permissions)
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken.new()
    token.set_string("media.factory.role", role)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, secret), token)
    if certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(*certificate))
    server.set_auth(auth)


main(*sys.argv[1:])
