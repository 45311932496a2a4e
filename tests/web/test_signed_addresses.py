"""Addresses that need no login, for one path and one day."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from mqttcam.devices.node import Node
from mqttcam.web.signed_addresses import ADDRESS_SECONDS, SignedAddresses
from tests.recordings.made import NOON, recording
from tests.web.credentials import users
from tests.web.recorded import VIDEO, add
from tests.web.serving import client, serving

KEY = bytes(32)
CLIP = "events/e-1/clip.mp4"


def split(address: str) -> tuple[str, dict[str, str]]:
    path, _, query = address.partition("?")
    return path, dict(parse_qsl(query))


def test_an_address_is_valid_for_its_path_until_it_expires() -> None:
    now = NOON
    addresses = SignedAddresses(KEY, lambda: now)
    path, query = split(addresses.sign(CLIP))
    assert path == CLIP
    assert addresses.is_valid(CLIP, query)
    assert SignedAddresses(KEY, lambda: now).is_valid(CLIP, query)  # after a restart
    now += ADDRESS_SECONDS
    assert addresses.is_valid(CLIP, query)
    now += 1
    assert not addresses.is_valid(CLIP, query)


@pytest.mark.parametrize(
    "change", ["path", "later", "signature", "key", "cut", "none", "words", "surrogate", "digits"]
)
def test_nothing_else_is_valid(change: str) -> None:
    addresses = SignedAddresses(KEY, lambda: NOON)
    path, query = split(addresses.sign(CLIP))
    match change:
        case "path":
            path = "events/e-2/clip.mp4"
        case "later":
            query["expires"] = str(int(query["expires"]) + 1)
        case "signature":
            query["signature"] = query["signature"][::-1]
        case "key":
            addresses = SignedAddresses(bytes([1]) * 32, lambda: NOON)
        case "cut":
            query["signature"] = query["signature"][:-2]
        case "none":
            del query["signature"]
        case "words":
            query["expires"] = "never"
        case "surrogate":
            query["signature"] = "\udcff"
        case "digits":
            query["expires"] = "٣"
    assert not addresses.is_valid(path, query)


def test_without_a_page_that_can_be_reached_there_is_no_address() -> None:
    node = Node("yard", "http://pi:8080/")
    assert node.event_address("e-1", "clip.mp4") is None  # without a web server
    node.sign_addresses(SignedAddresses(KEY).sign)
    assert str(node.event_address("e-1", "clip.mp4")).startswith(
        "http://pi:8080/events/e-1/clip.mp4?expires="
    )
    local = Node("yard", None)
    local.sign_addresses(SignedAddresses(KEY).sign)
    assert local.event_address("e-1", "clip.mp4") is None


@pytest.mark.parametrize("prefix", ["", "/camera"])
@pytest.mark.parametrize("web", [users(), users() | {"anonymous": "live"}], ids=["users", "anonymous"])
async def test_a_signed_address_needs_no_login(web: dict[str, Any], prefix: str) -> None:
    async with serving({}, path_prefix=prefix, **web) as served, client(served) as http:
        made = await add(served, recording(NOON, pictures=("best",)))
        event = made.events[0].id
        served.registry.node.page = f"{served.url}{prefix}/"
        for file in ("clip.mp4", "picture.jpg"):
            address = served.registry.node.event_address(event, file)
            assert address is not None
            async with http.get(address) as answer:
                assert answer.status == 200
            async with http.get(f"{address}&download", headers={"Range": "bytes=0-1"}) as answer:
                assert answer.status == 206
            async with http.head(address) as answer:
                assert answer.status == 200
            for other in (
                address.replace(file, "clip.mp4" if file != "clip.mp4" else "picture.jpg"),
                address[:-1],
            ):
                async with http.get(other) as answer:
                    assert answer.status == 401
                    assert "has expired" in (await answer.json())["error"]["message"]
        address = str(served.registry.node.event_address(event, "clip.mp4"))
        query = address.partition("?")[2]
        for path in (f"/api/events/{event}", "/api/events", "/files/front/2026-11-29/120000-motion.mp4"):
            async with http.get(f"{path}?{query}") as answer:
                assert answer.status == 401
        async with http.delete(f"/api/events/{event}?{query}") as answer:
            assert answer.status == 401
        async with http.get(
            f"{prefix}/events/{event}/clip.mp4?{query}", headers={"Host": "door.example"}
        ) as answer:
            assert await answer.read() == VIDEO
