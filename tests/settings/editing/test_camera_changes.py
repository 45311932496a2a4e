"""What may be changed of a camera, by a list of what may: secrets, other files and other outputs stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.document.key_schema import KeyKind, child_schema, known_keys, section_schema
from mqttcam.settings.editing.camera_changes import KEYS, RefusedChange, hidden, merged, shown, shown_address

PATTERN: dict[str, Any] = {"type": "test_pattern"}
URL = {
    "type": "url",
    "url": "rtsp://anna:secret@cam.lan:554/one?key=two",
    "username": "anna",
    "password": "pw",
}
BROKER = {"type": "mqtt", "host": "h", "topic": "t", "password": "pw", "tls": {"ca_file": "ca.pem"}}
OLD: dict[str, Any] = {
    "source": URL,
    "overlay": {"font": "/srv/a.ttf", "size": 3},
    "kafka": {"topic": "a", "sasl_plain_password": "pw"},
    "tcp": {"host": "viewer.lan", "port": 1},
}


def changed(new: dict[str, Any], old: dict[str, Any] = OLD) -> dict[str, Any]:
    return merged(new, old, Path("/var/lib/mqttcam/recordings"))


def test_no_secret_is_shown() -> None:
    seen = shown(OLD)
    assert seen == {
        "source": {"type": "url", "url": "rtsp://cam.lan:554/…", "username": "anna"},
        "overlay": {"font": "/srv/a.ttf", "size": 3},
    }
    assert hidden(OLD) == ["source.password", "kafka", "tcp"]
    assert shown({"source": BROKER})["source"] == {"type": "mqtt", "host": "h", "topic": "t", "tls": {}}
    assert shown_address("http://[fe80::1]/x") == "http://[fe80::1]/…"


def test_every_secret_and_file_of_the_keys_is_known() -> None:
    """A new secret or path among the keys is refused by itself; this list says which there are."""
    found = {
        ".".join(path)
        for key in KEYS
        if (schema := child_schema(section_schema(CameraSettings), key)) is not None
        for path, inner in known_keys(schema, (key,))
        if inner.kind in (KeyKind.SECRET, KeyKind.PATH)
    }
    own = {path for path in found if not path.startswith("source.")}
    assert own == {"overlay.font"}
    assert {
        "source.path",
        "source.url",
        "source.password",
        "source.url_file",
        "source.password_file",
    } <= found


def test_what_is_not_shown_is_kept() -> None:
    assert changed(shown(OLD)) == OLD
    assert changed(shown(OLD) | {"name": "Gate"}) == {**OLD, "name": "Gate"}
    files = {"source": {"type": "url", "url_file": "a", "password_file": "b"}}
    assert changed(shown(files), files) == files
    broker = {"source": BROKER}
    assert changed({**shown(broker), "name": "B"}, broker) == {**broker, "name": "B"}


def test_a_stored_password_is_sent_to_its_own_address_alone() -> None:
    same = changed({"source": {"type": "url", "url": "rtsp://cam.lan:554/two"}})
    assert same["source"]["password"] == "pw"
    other = changed({"source": {"type": "url", "url": "rtsp://other.lan:554/one", "username": "anna"}})
    assert "password" not in other["source"]
    new = changed({"source": {"type": "url", "url": "rtsp://other.lan/one", "password": "new"}})
    assert new["source"]["password"] == "new"
    files = {"source": {"type": "url", "url_file": "a", "password_file": "b"}}
    replaced = changed({"source": {"type": "url", "url": "rtsp://other.lan/one"}}, files)
    assert replaced["source"] == {"type": "url", "url": "rtsp://other.lan/one"}


@pytest.mark.parametrize(
    ("new", "key"),
    [
        ({"source": PATTERN, "kafka": {"topic": "b"}}, "kafka"),
        ({"source": PATTERN, "tcp": {"host": "evil", "port": 1}}, "tcp"),
        ({"source": {"type": "mqtt", "host": "h", "topic": "t"}}, "source.type"),
        ({"source": {"type": "tcp", "port": 1}}, "source.type"),
        ({"source": {"type": "exec", "command": "x"}}, "source.type"),
        (
            {"source": {"type": "file", "path": "/etc/shadow", "format": "yuv420", "size": "2x2"}},
            "source.format",
        ),
        ({"source": {"type": "file", "path": "/etc/shadow"}}, "source.path"),
        ({"source": {"type": "file", "path": "/etc/a.jpg"}}, "source.path"),
        ({"source": {"type": "file", "path": "/srv/../etc/a.jpg"}}, "source.path"),
        ({"source": {"type": "file", "path": "a.jpg"}}, "source.path"),
        ({"source": {"type": "file", "path": "/srv/a.txt"}}, "source.path"),
        ({"source": {"type": "v4l2", "device": "/dev/sda"}}, "source.device"),
        ({"source": {"type": "v4l2", "device": "/dev/v4l/by-id/../../sda"}}, "source.device"),
        ({"source": {"type": "picamera2", "tuning_file": "/etc/a.json"}}, "source.tuning_file"),
        ({"source": {"type": "url", "url_file": "/etc/shadow"}}, "source.url_file"),
        (
            {"source": {"type": "url", "url": "rtsp://a/", "password_file": "/etc/shadow"}},
            "source.password_file",
        ),
        ({"source": {"type": "url", "url": "rtsp://other.lan/…"}}, "source.url"),
        ({"source": PATTERN, "overlay": {"font": "/etc/shadow"}}, "overlay.font"),
        (
            {"source": PATTERN, "presets": {"a": {"source": {"tuning_file": "/etc/a.json"}}}},
            "presets.a.source.tuning_file",
        ),
        ({"name": "no source"}, "source"),
    ],
)
def test_refused(new: dict[str, Any], key: str) -> None:
    with pytest.raises(RefusedChange) as caught:
        changed(new)
    assert caught.value.key == key
    assert caught.value.allowed


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"")
    (tmp_path / "recordings" / "in.jpg").symlink_to(outside)
    (tmp_path / "recordings" / "real.jpg").write_bytes(b"")
    for name, allowed in (("in.jpg", False), ("real.jpg", True)):
        source = {"type": "file", "path": str(tmp_path / "recordings" / name)}
        try:
            assert merged({"source": source}, {}, tmp_path / "recordings")["source"] == source
        except RefusedChange:
            assert not allowed
        else:
            assert allowed


@pytest.mark.parametrize(
    "source",
    [
        PATTERN,
        {"type": "file", "path": "/srv/a/b.MP4"},
        {"type": "file", "path": "/var/lib/mqttcam/recordings/front/x.mp4"},
        {"type": "v4l2", "device": 0},
        {"type": "v4l2", "device": "/dev/video0"},
        {"type": "v4l2", "device": "usb-Camera-video-index0"},
        {"type": "v4l2"},
        {"type": "picamera2", "camera": 0, "tuning_file": "imx219.json"},
        {"type": "url", "url": "http://cam/x.jpg", "username": "a", "password": "b"},
    ],
)
def test_allowed(source: dict[str, Any]) -> None:
    assert changed({"source": source}, {})["source"] == source
