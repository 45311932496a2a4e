"""The types of values that several sections have: ids, hosts, ports, networks, topics, files."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, WithJsonSchema

from mqttcam.settings.section import AnyCase, MustExist, refuse
from mqttcam.text import ID_PATTERN, MAX_ID

SLUG = f"^{ID_PATTERN}$"
MAX_TOPIC = 200
MAX_HOST = 255
_HOST = re.compile(r"[\w.:%-]+")


def _host(text: str) -> str:
    if match := re.fullmatch(r"\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]", text):
        return match[1]  # an IPv6 address as in a URL
    name, _, port = text.rpartition(":")
    if "://" in text or "@" in text or "/" in text:
        raise refuse("is a URL", "a host name or IP address alone")
    if name and (":" not in name or name.endswith("]")) and port.isdecimal():
        raise refuse("includes a port", f"the host alone, and `port: {port}` as a separate key")
    if not _HOST.fullmatch(text) or len(text) > MAX_HOST:
        raise refuse("is not a host name", "a host name or IP address")
    return text


def _topic(text: str) -> str:
    if not text.isprintable() or any(character in text for character in "+#"):
        raise refuse("has a character that is not allowed in a topic", "no +, # or control characters")
    if not all(text.split("/")) or text.startswith("$"):
        raise refuse(
            "is not a topic to publish to", "words separated by single /, the first not starting with $"
        )
    return text


def _without_hyphen(name: str) -> str:
    # Home Assistant's templates would take the hyphen in a key for a minus.
    if "-" in name:
        raise refuse("has a hyphen", f"lower-case letters, digits and _, such as {name.replace('-', '_')}")
    return name


Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=MAX_ID)]
Key = Annotated[Slug, AfterValidator(_without_hyphen)]
"""A name that keys of the state are made of."""
Host = Annotated[str, AfterValidator(_host)]
Topic = Annotated[str, StringConstraints(max_length=MAX_TOPIC), AfterValidator(_topic)]
Port = Annotated[int, Field(ge=1, le=65535)]
ListenPort = Annotated[int, Field(ge=0, le=65535)]
"""A port to listen on; 0: any free one."""
Network = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(ip_network),
    WithJsonSchema({"type": "string", "format": "ipvanynetwork"}),
]
"""An address or network, such as 192.168.1.0/24."""
MqttVersion = Annotated[
    Literal[5, "3.1.1"], AnyCase(**{"5.0": 5, "v5": 5, "311": "3.1.1", "v3.1.1": "3.1.1"})
]
ExistingFile = Annotated[Path, MustExist()]
Word = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
