"""The last snapshots of each camera, in memory."""

from __future__ import annotations

from collections import deque

from mqttcam.camera.frame import Picture

_MAX_BYTES = 8 * 2**20
"""Of one camera's snapshots together; the last one is always kept."""


class SnapshotHistory:
    """A ring buffer of snapshots per camera.

    Args:
        length: maximum number of snapshots of a camera.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._pictures: dict[str, deque[Picture]] = {}

    def begin(self, camera_id: str) -> None:
        """Begin an empty history of a camera."""
        self._pictures[camera_id] = deque(maxlen=self._length)

    def add(self, camera_id: str, picture: Picture) -> None:
        """Keep a snapshot, unless the camera was forgotten meanwhile."""
        ring = self._pictures.get(camera_id)
        if ring is None:
            return
        ring.append(picture)
        while len(ring) > 1 and sum(len(item.jpeg) for item in ring) > _MAX_BYTES:
            ring.popleft()

    def forget(self, camera_id: str) -> None:
        """Drop a camera's snapshots."""
        self._pictures.pop(camera_id, None)

    def list(self, camera_id: str) -> list[dict[str, object]]:
        """Return a description of each snapshot of a camera, newest first."""
        return [
            {
                "id": str(picture.ts_ns),
                "ts": picture.ts_ns / 1e9,
                "width": picture.width,
                "height": picture.height,
                "bytes": len(picture.jpeg),
                "quality": picture.quality,
            }
            for picture in reversed(self._pictures.get(camera_id, ()))
        ]

    def find(self, camera_id: str, snapshot_id: str) -> Picture | None:
        """Return a snapshot by its id, its capture time in nanoseconds; None if it is not kept any more."""
        for picture in self._pictures.get(camera_id, ()):
            if str(picture.ts_ns) == snapshot_id:
                return picture
        return None
