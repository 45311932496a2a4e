"""The root of the configuration."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from mqttcam.settings.cameras import CameraId, CameraSettings, default_name
from mqttcam.settings.detections import DetectionsTopicSettings
from mqttcam.settings.field_types import Slug
from mqttcam.settings.kafka import KafkaSettings, check_consistent, for_camera
from mqttcam.settings.log import LogSettings
from mqttcam.settings.mqtt import BrokerSettings, HomeAssistantSettings, MqttSettings
from mqttcam.settings.recordings import RecordingsSettings
from mqttcam.settings.schedules import LocationSettings, check_location
from mqttcam.settings.section import LazySection, Section, refuse
from mqttcam.settings.web import WebSettings
from mqttcam.text import slug

SYSTEM_STATE = Path("/var/lib/mqttcam")
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def default_node() -> str:
    """Return the first part of the host name, as a slug."""
    return slug(socket.gethostname().partition(".")[0]) or "mqttcam"


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """Return systemd's `StateDirectory=`, `/var/lib/mqttcam` if it is writable, or the user's own folder (XDG)."""
    if given := environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    if os.geteuid() == 0 or os.access(SYSTEM_STATE, os.W_OK):
        return SYSTEM_STATE
    if state_home := environ.get("XDG_STATE_HOME"):
        return Path(state_home) / "mqttcam"
    home = environ.get("HOME")
    return Path(home) / ".local/state/mqttcam" if home else SYSTEM_STATE


class Settings(Section):
    """All settings. Frozen; two instances are equal if all their values are."""

    node: Slug = Field(
        default_factory=default_node,
        description="This machine's name in topics and unique ids: a-z, 0-9, _ and -; default: the host name.",
    )
    location: LocationSettings | None = Field(
        None, description="Where this machine is, for sunrise and sunset in schedules."
    )
    broker: BrokerSettings = Field(default_factory=BrokerSettings, description="The embedded MQTT broker.")
    mqtt: MqttSettings | None = Field(
        None,
        validate_default=True,
        description="The MQTT broker to connect to; without this section and `broker`, MQTT is off.",
    )
    home_assistant: HomeAssistantSettings = Field(
        default_factory=HomeAssistantSettings, description="Home Assistant's MQTT discovery."
    )
    kafka: Annotated[KafkaSettings, LazySection(KafkaSettings)] | None = Field(
        None, description="Frames to Kafka, as SINETStream's readers expect them; without this section, off."
    )
    detections: Annotated[DetectionsTopicSettings, LazySection(DetectionsTopicSettings)] | None = Field(
        None,
        description="A Kafka topic with detections for cameras; without this section, they come only over MQTT.",
    )
    cameras: dict[CameraId, CameraSettings] = Field(
        default_factory=dict, description="The cameras by their ids: a-z, 0-9, _ and -."
    )
    web: WebSettings = Field(default_factory=WebSettings, description="The web page, streams and HTTP API.")
    recordings: RecordingsSettings = Field(
        default_factory=RecordingsSettings,
        description="All recordings: their folder, and how long they are kept.",
    )
    log: LogSettings = Field(default_factory=LogSettings, description="What is logged.")
    state_dir: Path = Field(
        default_factory=lambda: default_state_dir(os.environ),
        description="Folder for data that survives a restart; default: $STATE_DIRECTORY, /var/lib/mqttcam if it is "
        "writable, or ~/.local/state/mqttcam.",
    )

    @field_validator("mqtt")
    @classmethod
    def _embedded_broker_by_default(
        cls, mqtt: MqttSettings | None, info: ValidationInfo
    ) -> MqttSettings | None:
        broker = info.data.get("broker")
        if broker is None or not broker.enabled or (mqtt is not None and "host" in mqtt.model_fields_set):
            return mqtt
        mqtt = mqtt or MqttSettings()
        if mqtt.tls is not None:
            raise refuse("has `tls` but no `host`, and the embedded broker has no TLS", "`host`, or no `tls`")
        host = _EVERY_ADDRESS.get(broker.host, broker.host)
        return mqtt.model_copy(update={"host": host, "port": broker.port})

    @field_validator("kafka")
    @classmethod
    def _kafka_is_consistent(cls, kafka: KafkaSettings | None) -> KafkaSettings | None:
        if kafka is not None:
            check_consistent(kafka)
        return kafka

    @field_validator("cameras")
    @classmethod
    def _kafka_is_consistent_for_each_camera(
        cls, cameras: dict[str, CameraSettings], info: ValidationInfo
    ) -> dict[str, CameraSettings]:
        common = info.data.get("kafka")
        for camera_id, camera in cameras.items():
            if camera.kafka is None or "kafka" not in info.data:
                continue
            if common is None:
                raise refuse(
                    f"{camera_id} has `kafka`, but there is no top-level `kafka`",
                    "`kafka: {brokers: …, topic: …}`",
                )
            try:
                check_consistent(for_camera(common, camera.kafka, "", camera_id))
            except PydanticCustomError as error:
                context = error.context or {}
                raise refuse(
                    f"{camera_id}: its `kafka`, combined with the top-level `kafka`, {context['message']}",
                    context["allowed"],
                ) from None
        return cameras

    @field_validator("kafka")
    @classmethod
    def _kafka_has_location(cls, kafka: KafkaSettings | None, info: ValidationInfo) -> KafkaSettings | None:
        if kafka is not None and "location" in info.data:
            check_location(kafka.schedule, info.data["location"], "schedule")
        return kafka

    @field_validator("cameras")
    @classmethod
    def _cameras_have_location(
        cls, cameras: dict[str, CameraSettings], info: ValidationInfo
    ) -> dict[str, CameraSettings]:
        for camera_id, camera in cameras.items() if "location" in info.data else ():
            for path, text in (camera.schedules | camera.periods).items():
                check_location(text, info.data["location"], camera_id, *path)
        return cameras

    @field_validator("cameras")
    @classmethod
    def _on_motion_needs_motion(
        cls, cameras: dict[str, CameraSettings], info: ValidationInfo
    ) -> dict[str, CameraSettings]:
        common = info.data.get("kafka")
        for camera_id, camera in cameras.items():
            kafka = common and for_camera(common, camera.kafka, "", camera_id)
            for name, output in {"kafka": kafka, "tcp": camera.tcp}.items():
                if output is not None and output.on_motion and camera.motion is None:
                    raise refuse(
                        f"{camera_id} has no `motion`, but its `{name}` sends on motion",
                        f"`{camera_id}: motion: true`, or no `on_motion`",
                    )
        return cameras

    @field_validator("cameras")
    @classmethod
    def _each_device_has_one_camera(cls, cameras: dict[str, CameraSettings]) -> dict[str, CameraSettings]:
        """Of two cameras with the same device, one would wait for it for ever; unless one of them is disabled."""
        owners: dict[tuple[str, int | str], str] = {}
        for camera_id, camera in cameras.items():
            if (device := camera.source.exclusive_device) is None or not camera.enabled:
                continue
            if (owner := owners.setdefault((camera.source.type, device), camera_id)) != camera_id:
                raise refuse(
                    f"{owner} and {camera_id} use the same camera",
                    "each camera once; `mqttcam cameras` shows what to write under `source`",
                )
        return cameras

    @field_validator("cameras")
    @classmethod
    def _each_camera_has_a_name(cls, cameras: dict[str, CameraSettings]) -> dict[str, CameraSettings]:
        return {
            camera_id: camera if camera.name else camera.model_copy(update={"name": default_name(camera_id)})
            for camera_id, camera in cameras.items()
        }

    @property
    def schedules(self) -> dict[tuple[str, ...], str]:
        """Every schedule by the path of its key."""
        found: dict[tuple[str, ...], str] = {}
        if self.kafka is not None and self.kafka.schedule is not None:
            found["kafka", "schedule"] = self.kafka.schedule
        for camera_id, camera in self.cameras.items():
            found |= {("cameras", camera_id, *path): text for path, text in camera.schedules.items()}
        return found

    @property
    def periods(self) -> dict[tuple[str, ...], str]:
        """Every period by the path of its key."""
        return {
            ("cameras", camera_id, *path): text
            for camera_id, camera in self.cameras.items()
            for path, text in camera.periods.items()
        }

    @property
    def client_id(self) -> str:
        """The MQTT client id: the configured one, or mqttcam-<node>."""
        return (self.mqtt and self.mqtt.client_id) or f"mqttcam-{self.node}"
