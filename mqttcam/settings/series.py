"""Series: pictures at regular times, each a time-lapse, a set of exposures or a focus stack."""

import math
import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from mqttcam.schedule import local_zone, unix_time
from mqttcam.settings.field_types import Key
from mqttcam.settings.recordings import Bytes
from mqttcam.settings.schedules import ScheduleText
from mqttcam.settings.section import AnyCase, LazySection, Section, bool_or_section, refuse
from mqttcam.settings.size import SizeSetting

MAX_SERIES = 16
"""Series of one camera."""
MAX_SHOTS = 64
"""Pictures of one set."""
_ENDINGS = ("_on", "_pictures", "_next")
"""Of the keys of a series beside its own: `series_garden_next` beside `series_garden`."""
_UNTIL = "a date (2027-03-31, inclusive) or a local time (2027-03-31 18:00)"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY = 86400


def _until(raw: object) -> str:
    text = raw.isoformat(" ") if isinstance(raw, datetime) else str(raw).strip()
    if not isinstance(raw, str | date):
        raise refuse("is not a date", _UNTIL)
    try:
        end_of(text)
    except (ValueError, OverflowError):
        raise refuse("is not a date", _UNTIL) from None
    return text


def end_of(until: str) -> float:
    """Return the end of a date, or a time, in Unix seconds.

    Raises:
        ValueError, OverflowError: it is neither.
    """
    if _DATE.fullmatch(until):
        return unix_time(date.fromisoformat(until), _DAY, local_zone())
    moment = datetime.fromisoformat(until)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).timestamp()
    second = moment.hour * 3600 + moment.minute * 60 + moment.second
    return unix_time(moment.date(), second, local_zone())


Until = Annotated[str, PlainValidator(_until), WithJsonSchema({"type": "string"})]
Exposure = Annotated[int, Field(ge=1, le=1_000_000_000)]
Focus = Annotated[float, Field(ge=0, le=1000)]


class SeriesVideoSettings(Section):
    """The video of a series."""

    fps: float = Field(25.0, ge=1, le=60, description="Pictures per second of the video.")
    size: SizeSetting | None = Field(
        None, description="Maximum width x height in pixels; default: 4K (3840x2160)."
    )
    quality: int = Field(
        23,
        ge=1,
        le=51,
        description="Constant rate factor of libx264: lower values mean better quality and larger files.",
    )


class SeriesKeepSettings(Section):
    """Limits of a series' disk space."""

    size: Bytes | None = Field(
        None,
        description="Bytes, such as 5GB: beyond that, its oldest pictures are deleted, but no video; default: no "
        "limit of its own.",
    )


class SeriesSettings(Section):
    """Pictures at regular times."""

    schedule: ScheduleText = Field(
        description="When its pictures are due, such as `every 10 minutes from sunrise to sunset`."
    )
    enabled: bool = Field(
        True,
        description="false: the series waits for `start_series`. The state set by a command survives restarts.",
    )
    full_resolution: bool = Field(
        False,
        description="Pictures in the largest size of the camera, if it has a larger one than its stream.",
    )
    quality: int = Field(90, ge=1, le=100, description="JPEG quality.")
    video: Annotated[SeriesVideoSettings | None, bool_or_section(SeriesVideoSettings)] = Field(
        None, description="A video of the pictures: true, or a section; default: none."
    )
    exposures: tuple[Exposure, ...] = Field(
        (),
        max_length=MAX_SHOTS,
        description="Microseconds: each time, one picture with each of these exposure times.",
    )
    focus: tuple[Focus, ...] = Field(
        (),
        max_length=MAX_SHOTS,
        description="Dioptres: each time, one picture with each of these positions of the lens.",
    )
    pictures: Annotated[Literal["keep", "drop"], AnyCase()] = Field(
        "keep", description="drop: only the video is kept."
    )
    count: int | None = Field(
        None, ge=1, le=10**9, description="The series ends after this number of pictures."
    )
    until: Until | None = Field(None, description=f"When the series ends: {_UNTIL}.")
    keep: SeriesKeepSettings = Field(
        default_factory=SeriesKeepSettings, description="Limits of its disk space."
    )

    @field_validator("focus")
    @classmethod
    def _not_too_many_shots(cls, focus: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if len(focus) * len(info.data.get("exposures", ())) > MAX_SHOTS:
            raise refuse(f"with `exposures` makes over {MAX_SHOTS} pictures each time", "fewer values")
        return focus

    @field_validator("pictures")
    @classmethod
    def _something_is_kept(cls, pictures: str, info: ValidationInfo) -> str:
        # If `video` itself is invalid, that is the error.
        if pictures == "drop" and info.data.get("video", pictures) is None:
            raise refuse("is drop, but there is no video", "`video: true` beside it, or keep")
        if pictures == "drop" and (info.data.get("exposures") or info.data.get("focus")):
            raise refuse("is drop, but the video has only one picture of each set", "keep")
        return pictures

    @property
    def end(self) -> float:
        """When it ends, in Unix seconds; infinity without `until`."""
        return math.inf if self.until is None else end_of(self.until)


def _distinct_keys(series: dict[str, SeriesSettings]) -> dict[str, SeriesSettings]:
    for name in series:
        for ending in _ENDINGS:
            if (other := name.removesuffix(ending)) != name and other in series:
                raise refuse(f"{name} would share a key with the series {other}", f"no series {name}")
    return series


SeriesByName = Annotated[
    dict[Key, Annotated[SeriesSettings, LazySection(SeriesSettings)]], AfterValidator(_distinct_keys)
]
"""The series of a camera."""
