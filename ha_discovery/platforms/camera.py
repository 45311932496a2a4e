"""A camera."""

from typing import ClassVar, Literal

from ..component import Entity
from ..types import TopicFilter


class Camera(Entity):
    """A camera that shows the last payload on `topic`, as ``image/jpeg``.

    - `image_encoding`: ``b64`` for Base64; None for raw bytes.
    """

    platform: ClassVar = "camera"

    topic: TopicFilter
    image_encoding: Literal["b64"] | None = None
