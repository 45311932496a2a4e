"""The changes from one device payload to the next: components that disappear must be removed explicitly."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from .abbreviations import KEYS
from .component import Component
from .payload import DeviceDiscovery, Message, Platform, Removal

_PLATFORMS = frozenset(get_args(Platform))


class RemoveFirstError(ValueError):
    """A key has a new platform, or an entity a new key: the old component must be removed first.

    In one payload, Home Assistant would keep both entities or refuse the new one. `removals` maps the keys to
    remove first to their platforms; `update_steps` makes the payload for it.
    """

    def __init__(self, removals: Mapping[str, Platform], reasons: list[str]) -> None:
        super().__init__("; ".join(reasons) + "; publish a payload that removes the old components first")
        self.removals = removals


def remove_device(topic: str) -> Message:
    """Return the message that removes the device announced on `topic`, with all of its entities."""
    return Message(topic, b"", retain=True)


def with_removals(previous: Mapping[str, Any], new: DeviceDiscovery) -> DeviceDiscovery:
    """Return `new` with a removal for every component that only `previous` has.

    `previous` is the payload published before on the same topic, decoded, with short or full names. Anything in
    it that is not a valid component is ignored.

    Raises:
        RemoveFirstError: this takes two payloads.
    """
    added: dict[str, Removal] = {}
    remove_first: dict[str, Platform] = {}
    reasons = []
    keys = {
        (part.platform, part.identity): key
        for key, part in new.components.items()
        if isinstance(part, Component)
    }
    for key, (platform, identity) in _published_components(previous).items():
        now = new.components.get(key)
        if isinstance(now, Component) and now.platform != platform:
            reasons.append(f"the platform of component {key} changes from {platform} to {now.platform}")
            remove_first[key] = platform
        elif now is None and (new_key := keys.get((platform, identity))) is not None:
            reasons.append(f"the key of {platform} {identity} changes from {key} to {new_key}")
            remove_first[key] = platform
        elif now is None:
            added[key] = Removal(platform=platform)
    if reasons:
        raise RemoveFirstError(remove_first, reasons)
    return new.model_copy(update={"components": {**new.components, **added}})


def update_steps(previous: Mapping[str, Any], new: DeviceDiscovery) -> list[DeviceDiscovery]:
    """Return the payloads to publish, in order, to get from `previous` to `new`: one or two.

    The first of two removes the components that the second replaces; they can be published without a pause.
    `previous` is as in `with_removals`.
    """
    try:
        return [with_removals(previous, new)]
    except RemoveFirstError:
        parts: dict[str, Component | Removal] = {}
        for key, (platform, _) in _published_components(previous).items():
            now = new.components.get(key)
            stays = isinstance(now, Component) and now.platform == platform
            parts[key] = now if now is not None and stays else Removal(platform=platform)
        return [new.model_copy(update={"components": parts}), new]


def _published_components(previous: Mapping[str, Any]) -> dict[str, tuple[Platform, str]]:
    """Return the platform and identity of each component in a payload, by key, without removals."""
    components = _get(previous, "components")
    found = {}
    for key, part in components.items() if isinstance(components, Mapping) else ():
        if isinstance(part, Mapping) and len(part) > 1:
            platform = _get(part, "platform")
            if isinstance(platform, str) and platform in _PLATFORMS:
                identity = _get(part, "unique_id") or f"{part.get('type')} {_get(part, 'subtype')}"
                found[key] = (cast("Platform", platform), str(identity))
    return found


def _get(part: Mapping[str, Any], key: str) -> Any:
    return part.get(KEYS[key], part.get(key))
