"""From one device payload to the next: what must be said so that nothing stale stays in Home Assistant."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from .abbreviations import KEYS
from .component import Component
from .payload import DeviceDiscovery, Message, Platform, Removal

_PLATFORMS = frozenset(get_args(Platform))


class RemoveFirstError(ValueError):
    """A key has another platform than before, or an entity has another key: the old one must go first.

    In one payload Home Assistant would keep both entities, or refuse the new one. `removals` (key: platform)
    are the components to remove before the new payload is published; `update_steps` does so.
    """

    def __init__(self, removals: Mapping[str, Platform], reasons: list[str]) -> None:
        super().__init__("; ".join(reasons) + "; publish a payload with the removals first")
        self.removals = removals


def remove_device(topic: str) -> Message:
    """The message that removes the device announced on `topic`, with all of its entities."""
    return Message(topic, b"", retain=True)


def with_removals(previous: Mapping[str, Any], new: DeviceDiscovery) -> DeviceDiscovery:
    """`new`, plus the removal of every component that only `previous` has.

    `previous` is the JSON object published before on the same topic, with short or full names; what is no
    component in it is passed over. Raises RemoveFirstError when one payload cannot do it.
    """
    gone: dict[str, Removal] = {}
    removals: dict[str, Platform] = {}
    reasons = []
    places = {
        (part.platform, part.identity): key
        for key, part in new.components.items()
        if isinstance(part, Component)
    }
    for key, (platform, name) in _published(previous).items():
        now = new.components.get(key)
        if isinstance(now, Component) and now.platform != platform:
            reasons.append(f"component {key} was a {platform} and is a {now.platform} now")
            removals[key] = platform
        elif now is None and (place := places.get((platform, name))) is not None:
            reasons.append(f"the {platform} {name} was component {key} and is {place} now")
            removals[key] = platform
        elif now is None:
            gone[key] = Removal(platform=platform)
    if reasons:
        raise RemoveFirstError(removals, reasons)
    return new.model_copy(update={"components": {**new.components, **gone}})


def update_steps(previous: Mapping[str, Any], new: DeviceDiscovery) -> list[DeviceDiscovery]:
    """What to publish, in this order, to get from `previous` to `new`: one payload, or two.

    With two, the first removes what is in the way; the second may follow at once.
    """
    try:
        return [with_removals(previous, new)]
    except RemoveFirstError:
        parts: dict[str, Component | Removal] = {}
        for key, (platform, _) in _published(previous).items():
            now = new.components.get(key)
            stays = isinstance(now, Component) and now.platform == platform
            parts[key] = now if now is not None and stays else Removal(platform=platform)
        return [new.model_copy(update={"components": parts}), new]


def _published(previous: Mapping[str, Any]) -> dict[str, tuple[Platform, str]]:
    """Key -> platform and name of the components in a published payload, without those it removes."""
    components = _get(previous, "components")
    found = {}
    for key, part in components.items() if isinstance(components, Mapping) else ():
        if isinstance(part, Mapping) and len(part) > 1:
            platform = _get(part, "platform")
            if isinstance(platform, str) and platform in _PLATFORMS:
                name = _get(part, "unique_id") or f"{part.get('type')} {_get(part, 'subtype')}"
                found[key] = (cast("Platform", platform), str(name))
    return found


def _get(part: Mapping[str, Any], key: str) -> Any:
    return part.get(KEYS[key], part.get(key))
