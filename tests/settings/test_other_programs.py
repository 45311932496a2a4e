"""Options and habits of other programs: each gets a line with the key and, if there is one, our word for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mqttcam.settings.document import other_names
from mqttcam.settings.document.key_schema import ANY_NAME, ROOT, child_schema, known_keys
from tests.settings.cases import lines

_, *WRITTEN = (
    (Path(__file__).parent / "other_programs.txt").read_text(encoding="utf-8").rstrip("\n").split("\n====\n")
)

_LIST = re.compile(r"(?<=allowed: )(the keys )?\w+(, \w+){2,}$")
"""The keys of a section, which grow; that all of them are listed is tested elsewhere."""


@pytest.mark.parametrize("written", WRITTEN)
def test_what_is_written_elsewhere(tmp_path: Path, written: str) -> None:
    text, _, expected = written.partition("\n----\n")
    assert expected, "each is a mistake"
    assert [_LIST.sub("…", line) for line in lines(tmp_path, text)] == expected.splitlines()


@pytest.mark.parametrize("written", WRITTEN)
def test_no_secret_is_repeated(tmp_path: Path, written: str) -> None:
    text, _, _ = written.partition("\n----\n")
    assert "secret" not in "".join(lines(tmp_path, text)).replace("`password_file: FILE` for a secret", "")


def test_each_word_means_a_key_of_ours() -> None:
    names = {path[-1] for path, _ in known_keys()}
    assert set(other_names.SAME_SECTION) <= names
    paths = {".".join(path) for path, _ in known_keys()}
    for section, meanings in other_names.OTHER_SECTION.items():
        assert not section or section == f"cameras.{ANY_NAME}" or section in paths
        for meant in meanings:
            for key in meant.split(" or "):
                assert key in paths or key.startswith(f"cameras.{ANY_NAME}.controls.")


def test_no_word_is_a_key_of_ours_in_the_same_place() -> None:
    for section, meanings in other_names.OTHER_SECTION.items():
        own = {path[-1] for path, _ in known_keys() if ".".join(path[:-1]) == section}
        assert not own & {word for words in meanings.values() for word in words.split()}


def test_each_type_of_source_has_its_words() -> None:
    schema = child_schema(ROOT, "cameras")
    assert schema is not None
    camera = child_schema(schema, "front")
    assert camera is not None
    source = child_schema(camera, "source")
    assert source is not None
    assert set(other_names.SOURCE_TYPES) == set(source.variants())
