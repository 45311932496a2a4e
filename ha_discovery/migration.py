"""Moving entities from one topic each (the older discovery) to a device payload.

Source: ``components/mqtt/discovery.py`` of Home Assistant 2026.11 and
https://www.home-assistant.io/integrations/mqtt/#migration-from-single-component-to-device-based-discovery
"""

import re
from collections.abc import Iterable
from typing import get_args

from .payload import DeviceDiscovery, Message, Platform
from .types import check_topic

MIGRATE = b'{"migrate_discovery": true}'
"""Asks Home Assistant to let go of a component without forgetting it."""

_SINGLE = re.compile(rf".+/({'|'.join(get_args(Platform))})(/[A-Za-z0-9_-]+){{1,2}}/config")


def migrate(old_topics: Iterable[str], new: DeviceDiscovery, topic: str) -> list[Message]:
    """The messages that move the components on `old_topics` to the payload `new` on `topic`, in order.

    Entities are recognised by their platform and unique id, and keep what their user changed: entity id, name
    and area. The messages may follow each other at once. An old topic is
    ``<prefix>/<platform>/[<node_id>/]<object_id>/config``; other topics raise ValueError.
    """
    olds = [_check_single(old) for old in old_topics]
    check_topic(topic)
    return [
        *(Message(old, MIGRATE, retain=False) for old in olds),
        # Emptied before the device is announced: afterwards, Home Assistant logs a warning for each component
        # whose node and object id are those of the device and the component's key.
        *(Message(old, b"", retain=True) for old in olds),
        new.message(topic),
    ]


def _check_single(topic: str) -> str:
    if not _SINGLE.fullmatch(check_topic(topic)):
        form = "<prefix>/<platform>/[<node_id>/]<object_id>/config"
        raise ValueError(f"{topic!r} is no topic of a single component: {form}")
    return topic
