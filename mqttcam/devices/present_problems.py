"""What is wrong now: in the node, its outputs, its cameras, and their series and recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from mqttcam.camera.status import CameraStatus
from mqttcam.devices import hints
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Node
from mqttcam.devices.problems import Found, Level, retrying
from mqttcam.outputs.output import Output

RECORDINGS = "recordings"
"""What cameras that cannot be recorded share, as those of an output do."""
_OF_OUTPUTS = {"kafka": (hints.KAFKA,), "tcp": (hints.TCP,)}


class PresentProblems:
    """Reads the problems of all parts, each time anew.

    Attributes:
        outputs: the outputs whose problems are shown.
        warnings: about the configuration, each with the path of its key.
    """

    def __init__(
        self, node: Node, devices: Callable[[], Mapping[str, CameraDevice]], outputs: Sequence[Output]
    ) -> None:
        self.outputs = outputs
        self.warnings: Sequence[tuple[tuple[str, ...], str]] = ()
        self._node = node
        self._devices = devices

    @property
    def watched(self) -> list[str]:
        """The names of the parts whose problems would be shown, besides cameras."""
        parts = [check.part for check in self._node.checks]
        return list(dict.fromkeys([*parts, *(output.title for output in self.outputs)]))

    def problems(self, *, starting: bool = True) -> Iterator[Found]:
        """Yield what is wrong. A camera that a user has switched off is no problem.

        Args:
            starting: include cameras that are being opened and have not failed.
        """
        yield from self._of_node("problem")
        for output in self.outputs:
            yield from _of_output(output)
        devices = self._devices().values()
        for device in devices:
            yield from _of_camera(device, starting=starting)
        for device in devices:
            yield from _of_series(device)
        for device in devices:
            yield from _of_recordings(device)

    def all_warnings(self) -> Iterator[Found]:
        """Yield what differs from the configuration, or is configured in a way that may be a mistake."""
        yield from self._of_node("warning")
        for number, (key, text) in enumerate(self.warnings):
            camera = key[1] if key[0] == "cameras" and len(key) > 1 else None
            shown = f"{'.'.join(key)}: {text}"
            yield Found(f"configuration-{number}", "Configuration", shown, camera, level="warning")
        for device in self._devices().values():
            remarks = device.camera.last_error
            if device.camera.status is CameraStatus.RUNNING and remarks:
                found = Found(f"camera-{device.id}-settings", "Camera", remarks, device.id, tables=None)
                yield replace(found, level="warning")

    def _of_node(self, level: Level) -> Iterator[Found]:
        for check in self._node.checks:
            if check.level == level and (found := check.find()) is not None:
                yield found


def _of_output(output: Output) -> Iterator[Found]:
    tables = _OF_OUTPUTS.get(output.name, ())
    for text, cameras in output.problems().items():
        for camera_id in cameras:
            next_try = output.next_try(camera_id)
            yield Found(
                f"{output.name}-{camera_id}",
                output.title,
                text,
                camera_id,
                shared=output.name,
                tables=tables,
                next_try=next_try,
                try_again=None if next_try is None else lambda one=camera_id: output.try_again(one),  # type: ignore[misc]
            )


def _of_camera(device: CameraDevice, *, starting: bool) -> Iterator[Found]:
    camera = device.camera
    reads_kafka = device.settings.source.type == "sinetstream"
    tables = (hints.KAFKA, hints.CAMERAS) if reads_kafka else (hints.CAMERAS,)
    found = Found(f"camera-{device.id}", "Camera", "", device.id, tables=tables)
    if device.closed_because is not None:
        yield replace(found, text=device.closed_because)
    elif camera.status in (CameraStatus.RUNNING, CameraStatus.OFF):
        return
    elif starting or camera.last_error or camera.status is not CameraStatus.STARTING:
        text = camera.last_error or camera.status.value
        ended = camera.status is CameraStatus.STOPPED
        yield retrying(replace(found, text=text), camera, at_any_time=ended)


def _of_series(device: CameraDevice) -> Iterator[Found]:
    for name, series in device.series.failed.items():
        found = Found(f"series-{device.id}-{name}", "Series", series.problem or "", device.id)
        yield retrying(replace(found, tables=(hints.DAEMON,)), series)


def _of_recordings(device: CameraDevice) -> Iterator[Found]:
    recordings = device.recordings
    if recordings.problem is not None:
        found = Found(
            f"recordings-{device.id}", "Recordings", recordings.problem, device.id, shared=RECORDINGS
        )
        yield retrying(replace(found, tables=(hints.DAEMON,)), recordings)
