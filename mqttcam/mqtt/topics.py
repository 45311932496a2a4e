"""Every topic below `<base>/<node>`: no other module spells one."""

from __future__ import annotations

from msgspec import Struct

ONLINE, OFFLINE = b"online", b"offline"
"""Payloads of `CameraTopics.availability` and `Topics.status`, and of Home Assistant's own birth and last will."""


class CameraTopics(Struct, frozen=True):
    """The topics of one camera; `root` is `<base>/<node>/<cam>`."""

    root: str

    @property
    def availability(self) -> str:
        """`online` / `offline`, retained."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """One JSON object with every value that an entity shows, retained."""
        return f"{self.root}/state"

    @property
    def image(self) -> str:
        """The JPEG, raw bytes, QoS 0."""
        return f"{self.root}/image"

    @property
    def image_meta(self) -> str:
        """JSON about the image before it, QoS 1."""
        return f"{self.root}/image/meta"

    @property
    def snapshot(self) -> str:
        """A JPEG taken on demand, QoS 1."""
        return f"{self.root}/snapshot"

    @property
    def snapshot_meta(self) -> str:
        """JSON about the snapshot before it, with its `request_id`."""
        return f"{self.root}/snapshot/meta"

    @property
    def photo_meta(self) -> str:
        """JSON about a photo that was saved: its files, metadata and histogram, with its `request_id`."""
        return f"{self.root}/photo/meta"

    @property
    def event(self) -> str:
        """`{"event_type": …}`, never retained."""
        return f"{self.root}/event"

    @property
    def motion_image(self) -> str:
        """The JPEG of the last motion, QoS 1, retained."""
        return f"{self.root}/motion/image"

    def series_image(self, name: str) -> str:
        """The JPEG of the last picture of a series, QoS 1, retained."""
        return f"{self.root}/series/{name}/image"

    @property
    def detections(self) -> str:
        """In: JSON, the results of an analytics job for a picture."""
        return f"{self.root}/detections"

    def detection_image(self, label: str) -> str:
        """The JPEG of the last detections of a label, with boxes, QoS 1, retained."""
        return f"{self.root}/detections/{label}/image"

    @property
    def set(self) -> str:
        """In: a JSON patch."""
        return f"{self.root}/set"

    def set_key(self, key: str) -> str:
        """In: one plain value. With `+`, the filter for all keys."""
        return f"{self.root}/set/{key}"

    @property
    def get(self) -> str:
        """In: anything; the state is published again."""
        return f"{self.root}/get"

    def command(self, name: str) -> str:
        """In: a command to the camera. With `+`, the filter for all commands."""
        return f"{self.root}/cmd/{name}"

    @property
    def result(self) -> str:
        """One message per command received."""
        return f"{self.root}/result"

    @property
    def retained(self) -> tuple[str, ...]:
        """Every topic of the camera that may hold a retained message of ours."""
        return (self.availability, self.state, self.image, self.motion_image)


class Topics(Struct, frozen=True):
    """The topics of one node, and of its cameras."""

    base: str
    node: str

    @property
    def root(self) -> str:
        return f"{self.base}/{self.node}"

    @property
    def status(self) -> str:
        """`online` / `offline`, retained; also the last will."""
        return f"{self.root}/status"

    @property
    def info(self) -> str:
        """JSON: version, cameras and their capabilities, limits in force; retained."""
        return f"{self.root}/info"

    @property
    def health(self) -> str:
        """JSON, every minute, retained."""
        return f"{self.root}/health"

    def command(self, name: str) -> str:
        """In: a command to the node. With `+`, the filter for all commands."""
        return f"{self.root}/cmd/{name}"

    @property
    def result(self) -> str:
        """One message per command to the node received."""
        return f"{self.root}/result"

    def camera(self, camera_id: str) -> CameraTopics:
        """Return the topics of a camera. With `+`, the filters for all cameras."""
        return CameraTopics(f"{self.root}/{camera_id}")

    @property
    def retained(self) -> tuple[str, ...]:
        """Every topic of the node itself that may hold a retained message of ours."""
        return (self.status, self.info, self.health)


def camera_id_in(topics: Topics, topic: str) -> str:
    """Return the id in a topic of a camera of this node."""
    return topic.removeprefix(f"{topics.root}/").partition("/")[0]
