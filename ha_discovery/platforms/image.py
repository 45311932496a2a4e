"""An image: a picture that changes now and then."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from ha_discovery.component import Entity
from ha_discovery.types import NonEmpty, Template, TopicFilter


class Image(Entity):
    """The picture itself comes on `image_topic`, or its URL on `url_topic`. Every message writes a state.

    - `content_type`: the media type of the pictures on `image_topic` (default ``image/jpeg``).
    - `image_encoding`: "b64" for base64 text on `image_topic`, otherwise raw bytes.
    """

    platform: ClassVar = "image"

    image_topic: TopicFilter | None = None
    url_topic: TopicFilter | None = None
    content_type: NonEmpty | None = None
    image_encoding: Literal["b64", "raw"] | None = None
    url_template: Template | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.image_topic is None) == (self.url_topic is None):
            raise ValueError("an image needs exactly one of image_topic and url_topic")
        others = ("content_type", "image_encoding") if self.image_topic is None else ("url_template",)
        if wrong := [key for key in others if getattr(self, key) is not None]:
            topic = "image_topic" if self.url_topic is None else "url_topic"
            raise ValueError(f"{', '.join(wrong)} cannot be used with {topic}")
        return self
