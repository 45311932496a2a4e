"""An image, for pictures that change rarely."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from ..component import Entity
from ..types import NonEmpty, Template, TopicFilter


class Image(Entity):
    """A picture from `image_topic`, or from the URL on `url_topic`. Each message is a state change.

    - `content_type`: the media type of the pictures on `image_topic`; ``image/jpeg`` if None.
    - `image_encoding`: ``b64`` if the payload is Base64; otherwise it is raw bytes.
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
            raise ValueError("exactly one of image_topic and url_topic is required")
        others = ("content_type", "image_encoding") if self.image_topic is None else ("url_template",)
        if wrong := [key for key in others if getattr(self, key) is not None]:
            topic = "image_topic" if self.image_topic is None else "url_topic"
            raise ValueError(f"{', '.join(wrong)}: only allowed with {topic}")
        return self
