"""A source that is open, as its capture thread uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mqttcam.camera.audio_packet import DeliverAudio
from mqttcam.camera.capture_callbacks import SourceOpened
from mqttcam.camera.polling import SourcePoller
from mqttcam.camera.source import (
    AudioSource,
    MeasuringSource,
    RestartableSource,
    Source,
    SourceError,
    StillSource,
    VideoSource,
)
from mqttcam.camera.source_controls import SourceControls
from mqttcam.camera.still import Still
from mqttcam.camera.video_packet import DeliverPacket
from mqttcam.settings.video import VideoSettings
from mqttcam.values import Value


class OpenSource:
    """An open source with its controls and what is polled of it.

    Used only from the capture thread, except that other threads may check `poller.wanted` and `restart_stream`.

    Attributes:
        info: what the source reported when it was opened.
        controls: its controls by key.
        poller: reads values and measurements of its newest frame.
        restart_stream: stops and starts its frames; `None` if the source cannot do that.
        frame_interval: seconds to expect between frames, as the controls are set now; 0.0 if unknown.
    """

    def __init__(self, source: Source) -> None:
        """Open `source`.

        Raises:
            SourceError: it is missing, busy or refuses its configuration.
        """
        self.source = source
        self.info = source.open()
        self.controls = SourceControls(source, self.info)
        self.poller = SourcePoller(source, self.controls)
        self.restart_stream: Callable[[], None] | None = (
            source.restart_stream if isinstance(source, RestartableSource) else None
        )
        self.frame_interval = 0.0

    def set_wanted(self, wanted: Iterable[tuple[str, object]], camera: str, frames: int) -> SourceOpened:
        """Set the wanted values, and return what the camera has to know of the source.

        Args:
            wanted: values by any spelling of their controls' names, in the order to set them.
            camera: the camera's id, for the log.
            frames: number of frames captured so far.
        """
        values = {key: control.default for key, control in self.controls.by_key.items()}
        taken, refused = self.controls.set_wanted(wanted, camera)
        self._controls_changed(frames)
        return SourceOpened(
            info=self.info,
            values=values | taken,
            remarks=[*self.source.notes, *refused],
            refused=refused,
            measures=isinstance(self.source, MeasuringSource),
            takes_stills=isinstance(self.source, StillSource),
            gives_raw=isinstance(self.source, StillSource) and self.source.gives_raw,
            video=self.source.video if isinstance(self.source, VideoSource) else None,
            audio=self.source.audio if isinstance(self.source, AudioSource) else None,
        )

    def change(
        self, change: Callable[[SourceControls], dict[str, Value]], frames: int
    ) -> Mapping[str, Value]:
        """Set values while it runs, and return those that took effect, by key.

        Raises:
            InvalidValue, SourceError: nothing was changed.
        """
        applied = change(self.controls)
        self._controls_changed(frames)
        return applied

    def take_still(self, *, raw: bool) -> Still:
        """Return a picture in full resolution, with the sensor's own data if `raw`.

        Raises:
            SourceError: the source takes none, or failed.
        """
        if not isinstance(self.source, StillSource):
            raise SourceError("this camera takes no pictures in full resolution")
        return self.source.take_still(raw=raw)

    def start_video(self, settings: VideoSettings, deliver: DeliverPacket) -> None:
        """Have the source's packets delivered.

        Raises:
            SourceError: there can be none.
        """
        self._video_source.start_video(settings, deliver)

    def stop_video(self) -> None:
        """Stop receiving packets."""
        self._video_source.stop_video()

    def request_keyframe(self) -> None:
        """Make the next packet a keyframe, if the source can do that."""
        self._video_source.request_keyframe()

    def start_audio(self, deliver: DeliverAudio) -> None:
        """Have the source's audio delivered, if it gives any."""
        if isinstance(self.source, AudioSource):
            self.source.start_audio(deliver)

    def stop_audio(self) -> None:
        """Stop receiving audio."""
        if isinstance(self.source, AudioSource):
            self.source.stop_audio()

    @property
    def _video_source(self) -> VideoSource:
        if not isinstance(self.source, VideoSource):
            raise SourceError("this camera provides no encoded video")
        return self.source

    def _controls_changed(self, frames: int) -> None:
        """Note what follows from values that were just set: a control may have changed the frame rate."""
        self.poller.controls_changed(frames)
        rate = self.info.frame_rate
        self.frame_interval = self.source.frame_interval or (1 / rate if rate else 0.0)
