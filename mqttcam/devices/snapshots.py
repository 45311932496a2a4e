"""Snapshots of a camera, for all its observers."""

from __future__ import annotations

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.observer import CameraObservers

_TIMEOUT = 10.0


class CameraSnapshots:
    """Takes the snapshots of one camera."""

    def __init__(self, camera: Camera, observers: CameraObservers) -> None:
        self._camera = camera
        self._observers = observers
        self._taking_full_resolution = False

    async def take(
        self, spec: PictureSpec, request_id: str | None, *, full_resolution: bool = False
    ) -> Picture:
        """Take a picture now, and return it once it was delivered to every observer.

        Args:
            full_resolution: at the largest size of the camera; its stream pauses for a second or two.

        Raises:
            CameraUnavailable, SourceError: the camera gave no picture.
            CommandError: the camera has no full resolution, or is busy with such a picture; or an observer could not
                deliver it, which does not affect the others.
        """
        limit = self._observers.max_snapshot_bytes
        if full_resolution:
            picture = await self._take_full_resolution(spec, limit)
        else:
            picture = await self._camera.take_snapshot(spec, _TIMEOUT, max_bytes=limit)
        problems = await self._observers.snapshot(picture, request_id)
        self._observers.changed()
        if problems:
            raise problems[0]
        return picture

    async def _take_full_resolution(self, spec: PictureSpec, max_bytes: int | None) -> Picture:
        if self._camera.info is not None and not self._camera.takes_stills:
            message = "this camera has no other resolution than that of its stream"
            raise CommandError(Code.NOT_SUPPORTED, message)
        if self._taking_full_resolution:
            raise CommandError(Code.BUSY, "a picture in full resolution is being taken")
        self._taking_full_resolution = True
        try:
            return await self._camera.take_still(spec, max_bytes)
        finally:
            self._taking_full_resolution = False
