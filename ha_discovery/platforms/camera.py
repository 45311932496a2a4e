"""A camera: the last picture on a topic."""

from typing import ClassVar, Literal

from ha_discovery.component import Entity
from ha_discovery.types import TopicFilter


class Camera(Entity):
    """The last payload on `topic` is the picture, served as ``image/jpeg``.

    - `image_encoding`: "b64" for base64 text, otherwise raw bytes.
    """

    platform: ClassVar = "camera"

    topic: TopicFilter
    image_encoding: Literal["b64"] | None = None
