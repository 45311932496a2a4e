"""Migration from single-component discovery (one topic per component) to device discovery.

Source: ``components/mqtt/discovery.py`` of Home Assistant 2026.11 and
https://www.home-assistant.io/integrations/mqtt/#migration-from-single-component-to-device-based-discovery
"""

import re
from collections.abc import Iterable
from typing import get_args

from .payload import DeviceDiscovery, Message, Platform
from .types import check_topic

_MIGRATE = b'{"migrate_discovery": true}'
"""Makes Home Assistant release a component without removing its entity."""

_OLD_TOPIC = re.compile(rf".+/({'|'.join(get_args(Platform))})(/[A-Za-z0-9_-]+){{1,2}}/config")


def migrate(old_topics: Iterable[str], new: DeviceDiscovery, topic: str) -> list[Message]:
    """Return the messages that move the components on `old_topics` to the payload `new` on `topic`, in order.

    Entities with the same platform and unique id keep the entity id, name and area that the user gave them. The
    messages can be published without a pause.

    Raises:
        ValueError: an old topic is not ``<prefix>/<platform>/[<node_id>/]<object_id>/config``, or `topic` is not
            a topic.
    """
    olds = [_check_old_topic(old) for old in old_topics]
    check_topic(topic)
    return [
        *(Message(old, _MIGRATE, retain=False) for old in olds),
        # Before the device: afterwards, Home Assistant logs a warning for each component whose node id and object
        # id are the device's object id and the component's key.
        *(Message(old, b"", retain=True) for old in olds),
        new.message(topic),
    ]


def _check_old_topic(topic: str) -> str:
    if not _OLD_TOPIC.fullmatch(check_topic(topic)):
        form = "<prefix>/<platform>/[<node_id>/]<object_id>/config"
        raise ValueError(f"{topic!r} is not a topic of a single component, which has the form {form}")
    return topic
