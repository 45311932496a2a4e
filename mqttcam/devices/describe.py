"""The one description of a camera and of the node: MQTT's `info`, the HTTP API and its OpenAPI schema are made of it.

Nothing about any one entity, control or command is known here. The fields are JSON-able; their metadata is what
pydantic takes for a field's JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mqttcam.camera.control import Control
from mqttcam.camera.control_dependencies import automatic_of, requirement_of
from mqttcam.camera.control_words import option_titles
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import Category, Entity, Platform, state_of
from mqttcam.devices.entities.help import groups_of, help_of
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.node import Node, picture_addresses
from mqttcam.devices.store import configured_control
from mqttcam.values import Choice, InvalidValue


@dataclass(frozen=True, slots=True)
class AutomaticDescription:
    """How to let the camera choose the value of a control, and how to set it manually."""

    key: str = field(
        metadata={"description": "The key that decides it: its own, or that of another control."}
    )
    values: list[object] = field(metadata={"description": "The values of that key that mean automatic."})
    automatic: object = field(metadata={"description": "The value of that key to set for automatic."})
    manual: object = field(
        metadata={
            "description": "The value of that key for manual values; null if setting a value is enough."
        }
    )
    minimum: float | None = field(
        metadata={"description": "The smallest manual value; null if it is that of `kind`."}
    )


@dataclass(frozen=True, slots=True)
class RequirementDescription:
    """The values of another control with which a control has an effect."""

    key: str
    values: list[str]
    text: str = field(metadata={"description": "Why it has no effect otherwise."})


@dataclass(frozen=True, slots=True)
class EntityDescription:
    """One entity of a camera or of the node."""

    key: str
    name: str | None = field(metadata={"description": "The device's own name where it is null."})
    title: str | None = field(metadata={"description": "The name on the page, below the name of the group."})
    group: str | None = field(metadata={"description": "The heading that the page shows it under."})
    description: str | None = field(metadata={"description": "What it does, in a sentence or two."})
    synonyms: list[str] = field(metadata={"description": "Other words to find it by."})
    platform: Platform = field(metadata={"description": "Home Assistant's platform."})
    category: Category | None
    settable: bool = field(metadata={"description": "Whether `set` accepts it."})
    command: str | None = field(metadata={"description": "The command that it sends."})
    arguments: dict[str, object] = field(metadata={"description": "The arguments of that command."})
    kind: dict[str, object] | None = field(metadata={"description": "The kind of its value."})
    option_titles: dict[str, str] = field(
        metadata={"description": "The displayed names of options, where they differ from the options."}
    )
    options: dict[str, object] = field(metadata={"description": "More of Home Assistant's discovery keys."})
    control: str | None = field(metadata={"description": "The name of the camera control that it sets."})
    default: object = field(metadata={"description": "The default of that control."})
    reset: object = field(
        metadata={"description": "The configured value, or else the default; null if there is neither."}
    )
    automatic: AutomaticDescription | None = field(
        metadata={"description": "How the camera can choose its value; null if it cannot."}
    )
    requires: RequirementDescription | None = field(
        metadata={"description": "What it needs to have an effect; null if it needs nothing."}
    )

    @property
    def capability(self) -> Mapping[str, object]:
        """Its kind and whether it can be set; a value that is only read has no limits to keep."""
        kind = self.kind or {}
        limits = () if self.settable else ("min", "max")
        return {key: value for key, value in kind.items() if key not in limits} | {"settable": self.settable}


@dataclass(frozen=True, slots=True)
class CommandDescription:
    """One command."""

    name: str
    help: str
    arguments: dict[str, dict[str, object]] = field(metadata={"description": "The kind of each argument."})
    required: list[str] = field(metadata={"description": "The arguments without a default."})


@dataclass(frozen=True, slots=True)
class VideoDescription:
    """The H.264 or H.265 video of a camera."""

    encoder: str | None = field(
        metadata={
            "description": "What makes it now: an encoder, `copy` or `picamera2`; null: nothing reads it."
        }
    )
    note: str | None = field(
        metadata={
            "description": "Why the camera's own video is not used, or which setting has no effect on it."
        }
    )
    problem: str | None = field(metadata={"description": "Why there was none when it was last read."})


@dataclass(frozen=True, slots=True)
class CameraDescription:
    """A camera with everything that it offers now."""

    id: str
    name: str
    source: str = field(metadata={"description": "The type of its source."})
    model: str | None
    width: int | None = field(metadata={"description": "Pixels; null until known."})
    height: int | None = field(metadata={"description": "Pixels; null until known."})
    frame_rate: float | None = field(metadata={"description": "Frames per second that the source aims for."})
    details: dict[str, object] = field(
        metadata={
            "description": "What else is known of a camera module: sensor modes, formats, tuning file, properties."
        }
    )
    status: str
    last_error: str | None
    video: VideoDescription
    stream: str = field(metadata={"description": "The address of its MJPEG stream."})
    snapshot: str = field(metadata={"description": "The address of its next frame as a JPEG."})
    groups: list[str] = field(metadata={"description": "The groups of its entities, in their order."})
    entities: list[EntityDescription]
    commands: list[CommandDescription]
    state: dict[str, object] = field(metadata={"description": "The values of its entities, by key."})

    @property
    def capabilities(self) -> Mapping[str, object]:
        """What `info` contains: what the camera can do, without its present state."""
        return {
            "name": self.name,
            "source": self.source,
            "model": self.model,
            "width": self.width,
            "height": self.height,
            "frame_rate": self.frame_rate,
            "commands": sorted(command.name for command in self.commands),
            "keys": {entity.key: entity.capability for entity in self.entities if entity.kind is not None},
        }


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """The node with everything that it offers."""

    id: str
    version: str
    entities: list[EntityDescription]
    commands: list[CommandDescription]
    state: dict[str, object] = field(metadata={"description": "The values of its entities, by key."})


def describe_camera(
    device: CameraDevice, commands: Sequence[CommandDescription], page: str = "/"
) -> CameraDescription:
    """Describe a camera; `page` is the address of the web page, with a slash at its end."""
    info = device.camera.info
    width, height = device.size or (None, None)
    addresses = picture_addresses(page, device.id)
    entities = camera_entities(device)
    described = [describe_entity(device, entity) for entity in entities]
    return CameraDescription(
        id=device.id,
        name=device.name,
        source=device.settings.source.type,
        model=info.model if info else None,
        width=width,
        height=height,
        frame_rate=info.frame_rate if info else None,
        details=dict(info.details) if info else {},
        status=device.camera.status.value,
        last_error=device.camera.last_error,
        video=VideoDescription(device.video.encoder, device.video.note, device.video.problem),
        stream=addresses["stream"],
        snapshot=addresses["snapshot"],
        groups=groups_of(entity.group for entity in described if entity.group),
        entities=described,
        commands=list(commands),
        state=state_of(entities, device),
    )


def describe_node(node: Node, commands: Sequence[CommandDescription]) -> NodeDescription:
    """Describe the node."""
    entities = [_describe(entity) for entity in NODE]
    return NodeDescription(node.id, node.version, entities, list(commands), state_of(NODE, node))


def describe_entity(device: CameraDevice, entity: Entity[CameraDevice]) -> EntityDescription:
    """Describe an entity of a camera; a control with its own name and default."""
    help_ = help_of(entity, device)
    described = replace(
        _describe(entity), group=help_.group, description=help_.text or None, synonyms=list(help_.synonyms)
    )
    control = device.camera.controls.get(entity.control) if entity.control else None
    if control is not None:
        return _describe_control(device, control, described)
    if entity.configured is not None and entity.kind is not None:
        return replace(described, reset=entity.kind.encode(entity.configured(device)))
    return described


def _describe_control(
    device: CameraDevice, control: Control, described: EntityDescription
) -> EntityDescription:
    controls = device.camera.controls
    default = control.kind.encode(control.default)
    automatic = automatic_of(control, controls)
    requirement = requirement_of(control, controls)
    return replace(
        described,
        title=control.title,
        control=control.name,
        default=default,
        reset=default if (configured := _configured(device, control)) is None else configured,
        automatic=None
        if automatic is None
        else AutomaticDescription(
            automatic.key,
            list(automatic.values),
            automatic.automatic,
            automatic.manual,
            automatic.minimum,
        ),
        requires=None
        if requirement is None
        else RequirementDescription(requirement.key, list(requirement.values), requirement.text),
    )


def _configured(device: CameraDevice, control: Control) -> object:
    """Return the configured value of a control as in JSON; `None` if it is missing or invalid."""
    configured = configured_control(device.settings, control.key)
    try:
        return None if configured is None else control.kind.encode(control.kind.coerce(configured))
    except InvalidValue:
        return None


def _describe(entity: Entity[CameraDevice] | Entity[Node]) -> EntityDescription:
    return EntityDescription(
        key=entity.key,
        name=entity.name,
        title=entity.name,
        group=None,
        description=None,
        synonyms=[],
        platform=entity.platform,
        category=entity.category,
        settable=entity.settable,
        command=entity.command,
        arguments=dict(entity.arguments),
        kind=entity.kind.describe() if entity.kind else None,
        option_titles=option_titles(entity.kind.options) if isinstance(entity.kind, Choice) else {},
        options=dict(entity.options),
        control=None,
        default=None,
        reset=None,
        automatic=None,
        requires=None,
    )
