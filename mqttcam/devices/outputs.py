"""The outputs of a camera besides MQTT and the web page, each of which can be switched on and off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from mqttcam.devices.observer import CameraObserver
from mqttcam.devices.store import Store
from mqttcam.outputs.output import CameraFeed, Output
from mqttcam.values import Switch, Value


class CameraOutputs(CameraObserver):
    """The outputs that serve one camera."""

    def __init__(
        self, camera_id: str, outputs: Iterable[Output], store: Store, changed: Callable[[], None]
    ) -> None:
        """`changed` is called when an output was switched on or off."""
        self._camera_id = camera_id
        self._outputs = {output.name: output for output in outputs}
        self._configured: dict[str, bool | None] = {}
        self._store = store
        self._changed = changed

    def __iter__(self) -> Iterator[Output]:
        return iter(self._outputs.values())

    def attach(self, feed: CameraFeed) -> None:
        """Give the camera's frames to every output, switched on or off as a command last left it."""
        for name, output in self._outputs.items():
            output.attach(feed)
            configured = self._configured[name] = output.is_enabled(self._camera_id)
            enabled = self._store.get(self._camera_id, f"outputs.{name}", Switch().coerce, configured)
            if enabled is not None:
                output.set_enabled(self._camera_id, enabled)

    async def detach(self) -> None:
        """Take the camera's frames from every output."""
        for output in self._outputs.values():
            await output.detach(self._camera_id)

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Switch an output on or off."""
        self._outputs[name].set_enabled(self._camera_id, enabled)
        self._store.set(self._camera_id, f"outputs.{name}", enabled, self._configured[name])
        self._changed()

    def forget_pictures(self) -> None:
        """Forget the pictures that outputs keep in case that motion begins: the camera was switched off."""
        for output in self._outputs.values():
            output.forget_pictures(self._camera_id)

    def event(self, event: Mapping[str, object]) -> None:
        for output in self._outputs.values():
            output.send_event(self._camera_id, event)

    def value(self, name: str, key: str) -> Value:
        """Return one value of an output's report; `None` if unknown."""
        value = (self._outputs[name].report(self._camera_id) or {}).get(key)
        return value if isinstance(value, bool | int | float | str) else None

    def reports(self) -> dict[str, object]:
        """Return what each output reports of this camera, by the output's name."""
        return {name: output.report(self._camera_id) for name, output in self._outputs.items()}
