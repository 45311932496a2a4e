"""A network camera."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from mqttcam.settings.section import AnyCase, refuse
from mqttcam.settings.sources.address import InvalidAddress, parse_address
from mqttcam.settings.sources.limits import DEFAULT_MAX_PIXELS, MaxPixels
from mqttcam.settings.sources.section import SourceSection

URL_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "udp")


def _url(secret: SecretStr) -> SecretStr:
    """No message repeats any part of the URL: its user, password and often its path are secret."""
    url = secret.get_secret_value().strip()
    try:
        parse_address(url, URL_SCHEMES)
    except InvalidAddress as error:
        raise refuse(str(error), error.allowed) from None
    return SecretStr(url)


class UrlSource(SourceSection):
    """A network camera, by RTSP or HTTP."""

    type: Literal["url"] = Field("url", description="A network camera.")
    url: Annotated[SecretStr, AfterValidator(_url)] = Field(
        description="rtsp://, rtsps://, http://, https://, rtmp://, rtmps:// or udp://; may include user and password."
    )
    kind: Annotated[Literal["auto", "rtsp", "mjpeg", "snapshot", "video"], AnyCase()] = Field(
        "auto",
        description="`rtsp`; `mjpeg`: an endless HTTP response; `snapshot`: one picture per request; "
        "`video`: any other stream that FFmpeg reads, such as HLS, RTMP or MPEG-TS; `auto`: whatever the server sends.",
    )
    username: str | None = Field(None, description="The user name, if the camera requires one.")
    password: SecretStr | None = Field(None, description="The user's password.")
    interval: float = Field(
        1.0, ge=0.02, le=86400, description="Seconds from one `snapshot` request to the next."
    )
    timeout: float = Field(
        10.0,
        ge=0.5,
        le=120,
        description="Seconds to wait for the connection or for a picture before connecting again.",
    )
    transport: Annotated[Literal["tcp", "udp"], AnyCase()] = Field("tcp", description="For `rtsp`.")
    keyframes_only: bool = Field(
        False,
        description="For `rtsp` and `video`: decode only keyframes, one every few seconds; saves most of the work.",
    )
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
    insecure: bool = Field(False, description="true: do not verify the certificate of https:// and rtsps://.")
