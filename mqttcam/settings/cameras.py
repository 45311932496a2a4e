"""A camera and its MQTT images."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from mqttcam.imaging.orientation import UPRIGHT, Orientation, rotation
from mqttcam.settings.day_night import DayNightSettings
from mqttcam.settings.detections import DetectionsSettings
from mqttcam.settings.field_types import Slug
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.motion import MotionSettings
from mqttcam.settings.outputs import MAX_RATE, MIN_RATE, TcpOutputSettings, rate_of
from mqttcam.settings.overlay import OverlaySettings
from mqttcam.settings.polygon import MAX_POLYGONS, Polygon
from mqttcam.settings.presets import Controls, PresetSettings
from mqttcam.settings.recordings import RecordSettings
from mqttcam.settings.schedules import ScheduleText
from mqttcam.settings.section import AnyCase, LazySection, Section, bool_or_section, refuse
from mqttcam.settings.series import MAX_SERIES, SeriesByName
from mqttcam.settings.size import Size, SizeSetting
from mqttcam.settings.sources.any_source import SourceSettings
from mqttcam.settings.sources.file import FileSource
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.settings.sources.test_pattern import TestPatternSource
from mqttcam.settings.video import VideoSettings

MIN_FRAME_RATE = 0.01
_FRAME_RATES = f"frames per second from {MIN_FRAME_RATE} to {MAX_RATE}"
UNPACED = 0.0
"""The value of `frame_rate: max`: as fast as possible."""

NODE_TOPICS = frozenset({"cmd", "health", "info", "result", "status"})
"""Ids that no camera can have because the node's topics are at the same level."""


def _frame_rate(raw: object) -> float:
    rate = rate_of(raw, MIN_FRAME_RATE, f"{_FRAME_RATES}, or max")
    return UNPACED if rate is None else rate


def _image_rate(raw: object) -> float | Literal["max"]:
    rate = rate_of(raw, MIN_RATE, f"0 (only on demand) to {MAX_RATE}, or max (every frame)")
    return "max" if rate is None else rate


def _free_id(camera_id: str) -> str:
    if camera_id in NODE_TOPICS:
        raise refuse("is reserved for a topic of the node", "any other id")
    return camera_id


_RATE_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0, "maximum": MAX_RATE}, {"const": "max"}]}
CameraId = Annotated[Slug, AfterValidator(_free_id)]
FrameRate = Annotated[float, PlainValidator(_frame_rate), WithJsonSchema(_RATE_SCHEMA)]
ImageRate = Annotated[float | Literal["max"], PlainValidator(_image_rate), WithJsonSchema(_RATE_SCHEMA)]


def default_name(camera_id: str) -> str:
    """Return the name of a camera without `name`, or of a zone: `Front door` for `front_door`."""
    words = camera_id.replace("_", " ").replace("-", " ").strip() or camera_id
    return words[:1].upper() + words[1:]


class ImageSettings(Section):
    """The images published over MQTT."""

    fps: ImageRate = Field(1.0, description="Images per second; 0: only on demand, max: every frame.")
    schedule: ScheduleText | None = Field(
        None,
        description="Instead of `fps`: 60, `every 10 minutes`, `at sunrise+15m`, `every minute from 07:00 to 19:00`.",
    )
    quality: int = Field(85, ge=1, le=100, description="JPEG quality.")
    retain: bool = Field(False, description="true: the broker keeps the last image for new subscribers.")

    @field_validator("schedule")
    @classmethod
    def _not_beside_fps(cls, schedule: str | None, info: ValidationInfo) -> str | None:
        if schedule is not None and info.data.get("fps", 1.0) != 1.0:
            raise refuse("is given together with fps", "one of them")
        return schedule


class CameraSettings(Section):
    """A camera. Its id, its key in `cameras`, is part of topics and unique ids and is never displayed."""

    name: str | None = Field(
        None, min_length=1, max_length=100, description="The displayed name; default: derived from the id."
    )
    source: SourceSettings = Field(description="The source of the frames.")
    suggested_area: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The area that Home Assistant suggests for the camera when it is added, such as Garden.",
    )
    size: SizeSetting | None = Field(
        None, validate_default=True, description="Width x height in pixels; default: the source's own."
    )
    frame_rate: FrameRate = Field(
        15.0, description="Frames per second; `max`: as fast as possible (test_pattern and raw files only)."
    )
    rotation: Annotated[Literal[0, 90, 180, 270], AnyCase()] = Field(
        0, description="Degrees clockwise; 90 and 270 swap the sides of `size`."
    )
    hflip: bool = Field(False, description="Mirror left and right, after the rotation.")
    vflip: bool = Field(False, description="Mirror top and bottom, after the rotation.")
    enabled: bool = Field(
        True,
        description="false: the camera is closed (privacy); the state set by a command survives a restart.",
    )
    privacy: tuple[Annotated[Polygon, LazySection(Polygon)], ...] = Field(
        (),
        max_length=MAX_POLYGONS,
        description="Areas that are blacked out in everything that leaves the camera, motion detection included.",
    )
    overlay: Annotated[OverlaySettings | None, bool_or_section(OverlaySettings)] = Field(
        None, description="Text written into the pictures: true, or a section; default: none."
    )
    controls: Controls = Field(
        default_factory=dict,
        description="Any control of the camera by its own name (`mqttcam cameras` lists them).",
    )
    presets: dict[Slug, PresetSettings] = Field(
        default_factory=dict, description="Named sets of controls that are set together."
    )
    day_night: Annotated[
        Annotated[DayNightSettings, LazySection(DayNightSettings)] | None, bool_or_section(DayNightSettings)
    ] = Field(None, description="Day and night by the light: true, or a section; default: off.")
    image: ImageSettings = Field(default_factory=ImageSettings, description="The images published over MQTT.")
    motion: Annotated[MotionSettings | None, bool_or_section(MotionSettings)] = Field(
        None, description="Motion detection: true, or a section; default: off."
    )
    detections: Annotated[DetectionsSettings, LazySection(DetectionsSettings)] | None = Field(
        None, description="Detections of an analytics job that are shown; default: none."
    )
    video: VideoSettings = Field(
        default_factory=VideoSettings, description="H.264 video; encoded only while something reads it."
    )
    record: Annotated[RecordSettings | None, bool_or_section(RecordSettings)] = Field(
        None, description="Recordings: true, or a section; default: only by command."
    )
    series: SeriesByName = Field(
        default_factory=dict,
        max_length=MAX_SERIES,
        description="Pictures at regular times (time-lapse, bracketing, focus stacks), by names of lower-case letters, "
        "digits and `_`.",
    )
    kafka: Annotated[KafkaSettings, LazySection(KafkaSettings)] | None = Field(
        None, description="This camera's differences from the top-level `kafka`."
    )
    tcp: TcpOutputSettings | None = Field(
        None, description="Pictures to a TCP listener: 4 bytes of length, then the JPEG."
    )

    @field_validator("size")
    @classmethod
    def _raw_needs_size(cls, size: Size | None, info: ValidationInfo) -> Size | None:
        source = info.data.get("source")
        if size is None and isinstance(source, FileSource) and source.format and source.size is None:
            raise refuse(
                "is missing: a file of raw frames does not say its size", "`size` here or in `source`"
            )
        return size

    @field_validator("frame_rate")
    @classmethod
    def _max_only_for_generated_frames(cls, rate: float, info: ValidationInfo) -> float:
        source = info.data.get("source")
        generated = isinstance(source, TestPatternSource) or (
            isinstance(source, FileSource) and source.format
        )
        if rate == UNPACED and source is not None and not generated:
            raise refuse("is for test_pattern and raw files only", _FRAME_RATES)
        return rate

    @field_validator("presets")
    @classmethod
    def _only_camera_modules_have_streams(
        cls, presets: dict[str, PresetSettings], info: ValidationInfo
    ) -> dict[str, PresetSettings]:
        source = info.data.get("source")
        for name, preset in presets.items():
            if preset.source is not None and source is not None and not isinstance(source, Picamera2Source):
                raise refuse("is for cameras of type picamera2", "controls, size", key=(name, "source"))
        return presets

    @field_validator("record")
    @classmethod
    def _motion_is_detected(
        cls, record: RecordSettings | None, info: ValidationInfo
    ) -> RecordSettings | None:
        asked = record is not None and record.on_motion and "on_motion" in record.model_fields_set
        # If `motion` itself is invalid, that is the error.
        if asked and info.data.get("motion", record) is None:
            raise refuse(
                "has `on_motion: true`, but the camera has no motion detection",
                "`motion: true` beside `record`, or `on_motion: false`",
            )
        return record

    @field_validator("record")
    @classmethod
    def _labels_are_detected(
        cls, record: RecordSettings | None, info: ValidationInfo
    ) -> RecordSettings | None:
        detections = info.data.get("detections")
        known = () if detections is None else detections.labels
        unknown = [label for label in (record.on_detection if record else ()) if label not in known]
        if unknown and "detections" in info.data:
            raise refuse(
                f"has `on_detection: {unknown[0]}`, which is not in `detections.labels`",
                ", ".join(known) or "a label of `detections: {labels: […]}` beside `record`",
            )
        return record

    @property
    def orientation(self) -> Orientation:
        """How the camera's picture is turned and mirrored."""
        return rotation(self.rotation).then(Orientation(False, self.hflip, self.vflip))

    @property
    def opening(self) -> "CameraSettings":
        """The settings that the camera is opened with: it stays open if only others change."""
        return self.model_copy(
            update={"source": self.source.opening, "video": VideoSettings(), "presets": {}}
        )

    def with_preset(self, preset: PresetSettings | None) -> "CameraSettings":
        """Return the settings as a preset changes them."""
        changed: dict[str, object] = {}
        if preset is not None and preset.size is not None:
            changed["size"] = preset.size
        if preset is not None and preset.source is not None:
            streams = preset.source
            own = {name: getattr(streams, name) for name in streams.model_fields_set}
            changed["source"] = self.source.model_copy(update=own)
        return self.model_copy(update=changed) if changed else self

    @property
    def changes_picture(self) -> bool:
        """Whether the picture must not leave as it comes: it is blacked out in part, turned, mirrored or written into.

        Then nothing is passed through or saved as it comes, neither H.264 nor raw pixels: H.264 is decoded, and encoded
        again from `Frame.raster`. `Frame` itself sees to this for JPEGs and planes.
        """
        return bool(self.privacy) or self.overlay is not None or self.orientation != UPRIGHT

    @property
    def schedules(self) -> dict[tuple[str, ...], str]:
        """When its pictures are due, by the path of the key below the camera."""
        sections = {"image": self.image, "kafka": self.kafka, "tcp": self.tcp}
        found: dict[tuple[str, ...], str] = {
            (name, "schedule"): section.schedule
            for name, section in sections.items()
            if section is not None and section.schedule is not None
        }
        return found | {("series", name, "schedule"): one.schedule for name, one in self.series.items()}

    @property
    def periods(self) -> dict[tuple[str, ...], str]:
        """When parts of it are active, by the path of the key below the camera."""
        active = self.motion and self.motion.active
        return {("motion", "active"): active} if active else {}
