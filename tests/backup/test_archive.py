"""Archives that are not backups leave nothing behind: other names, bombs, damage."""

from __future__ import annotations

import io
import zipfile

import pytest

from mqttcam.backup import archive
from mqttcam.backup.archive import BadArchive, pack, unpack
from mqttcam.backup.files import check


def test_what_is_packed_is_unpacked() -> None:
    contents = {
        "README.txt": b"a",
        "config.yaml": b"node: a\n",
        "values.json": b"{}",
        "tuning/imx219.json": b"{}",
        "series/front/garden.json": b"{}",
    }
    assert unpack(pack(contents)) == contents
    assert pack(contents) == pack(contents)


@pytest.mark.parametrize(
    "name",
    [
        "../config.yaml",
        "/etc/passwd",
        "tuning/../../x.json",
        "tuning/.x.json",
        "series/front/../../x.json",
        "series/front.json",
        "other.txt",
        "tuning/",
        "C:\\config.yaml",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadArchive, match="does not belong"):
        unpack(pack({name: b""}))


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as made:
        for name, content in files:
            made.writestr(name, content)
    return data.getvalue()


def test_bombs_are_not_unpacked() -> None:
    bomb = zipped(("config.yaml", bytes(100_000_000)))
    assert len(bomb) < 200_000
    with pytest.raises(BadArchive, match="more than 1048576 bytes"):
        unpack(bomb)
    many = zipped(*((f"series/a/s{number}.json", b"{}") for number in range(archive._MAX_ENTRIES + 1)))
    with pytest.raises(BadArchive, match="files"):
        unpack(many)
    with pytest.raises(BadArchive, match="bytes"):
        unpack(bytes(archive.MAX_BYTES + 1))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice() -> None:
    with pytest.raises(BadArchive, match="does not belong"):
        unpack(zipped(("config.yaml", b"a: 1"), ("config.yaml", b"a: 2")))


@pytest.mark.parametrize(
    "data",
    [b"", b"not a zip", zipped(), zipped(("config.yaml", b"a"))[:-30]],
    ids=["nothing", "text", "empty", "cut"],
)
def test_damage(data: bytes) -> None:
    with pytest.raises(BadArchive):
        unpack(data)


def test_a_changed_byte() -> None:
    whole = zipped(("config.yaml", b"node: yard\n" * 100), method=zipfile.ZIP_STORED)
    with pytest.raises(BadArchive):
        unpack(whole.replace(b"yard", b"Yard", 1))
    with pytest.raises(BadArchive, match="does not belong"):
        unpack(zipped(("config.yaml", b"a"), method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("name", ["values.json", "tuning/a.json", "series/a/b.json"])
@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'"a"'])
def test_contents_are_checked(name: str, data: bytes) -> None:
    with pytest.raises(BadArchive, match=name):
        check({name: data})
