"""A camera is changed in the text of a file, and everything else stays byte by byte."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.settings.document.key_schema import ROOT
from mqttcam.settings.editing.camera_data import data_of, same
from mqttcam.settings.editing.yaml_edit import CannotEdit, read_tree, with_camera
from mqttcam.settings.editing.yaml_text import entry
from tests.settings.cases import UNHURRIED
from tests.support.project import PROJECT

PATTERN: dict[str, Any] = {"type": "test_pattern"}
COMMENTED = """\
# The cameras of the house
cameras:
  front:   # the door
    source: {type: test_pattern,   pattern: 'bars'}
    rotation: 90

    # how big
    size: "640x480"
    # a last word

  # The yard
  back:
    source:
      type: test_pattern  # yes
    controls:   {A: 1,
       B: 2} # x
    motion:  # here
    # done
    image:
      fps: 2
  gate: {source: {type: test_pattern}, size: VGA}
# ---- web ----
web:
    enabled: true   # four spaces
"""


def cameras_of(text: str) -> dict[str, Any]:
    data: Any = data_of(read_tree(text), ROOT)
    return dict(data.get("cameras") or {})


def changes(old: str, new: str) -> list[str]:
    """Return the lines that differ, with - and +."""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))[2:]
    return [line for line in lines if not line.startswith("@@")]


@pytest.mark.parametrize(
    ("camera", "section", "expected"),
    [
        ("front", {"source": PATTERN | {"pattern": "bars"}, "rotation": 90, "size": "640x480"}, []),
        (
            "front",
            {"source": PATTERN | {"pattern": "bars"}, "rotation": 0, "size": "640x480", "name": "on"},
            ["-    rotation: 90", "+    rotation: 0", '+    name: "on"'],
        ),
        (
            "front",
            {"source": PATTERN | {"pattern": "bars"}},
            ["-    rotation: 90", '-    size: "640x480"'],
        ),
        (
            "back",
            {
                "source": {"type": "file", "path": "/srv/a b"},
                "controls": {"A": 1, "C": True},
                "motion": {"fps": 1},
            },
            [
                "-      type: test_pattern  # yes",
                "+      type: file  # yes",
                "+      path: /srv/a b",
                "-       B: 2} # x",
                "+       C: true} # x",
                "+      fps: 1",
                "-    image:",
                "-      fps: 2",
            ],
        ),
        (
            "gate",
            {"source": PATTERN, "name": "The: gate"},
            [
                "-  gate: {source: {type: test_pattern}, size: VGA}",
                '+  gate: {source: {type: test_pattern}, name: "The: gate"}',
            ],
        ),
        ("new", {"source": PATTERN}, ["+  new:", "+    source: {type: test_pattern}"]),
        ("gate", None, ["-  gate: {source: {type: test_pattern}, size: VGA}"]),
    ],
)
def test_only_its_own_lines_change(camera: str, section: Any, expected: list[str]) -> None:
    changed = with_camera(COMMENTED, camera, section)
    assert changes(COMMENTED, changed) == expected
    wanted = {**cameras_of(COMMENTED), camera: section}
    assert same(cameras_of(changed), {key: value for key, value in wanted.items() if value is not None})


def test_the_comments_of_others_stay_when_a_camera_is_removed() -> None:
    left = with_camera(with_camera(COMMENTED, "front", None), "gate", None)
    assert left.startswith("# The cameras of the house\ncameras:\n\n  # The yard\n  back:\n")
    none = with_camera(left, "back", None)
    assert "cameras:\n" in none
    assert none.endswith("# ---- web ----\nweb:\n    enabled: true   # four spaces\n")
    again = with_camera(none, "again", {"source": PATTERN})
    assert cameras_of(again) == {"again": {"source": PATTERN}}


def test_the_example(tmp_path: Path) -> None:
    """Every line of the example stays when one of its cameras changes; a new one comes after the last comment of it."""
    text = (PROJECT / "config.example.yaml").read_text()
    [(name, section)] = cameras_of(text).items()
    changed = with_camera(text, name, {**section, "name": "Gate", "image": {"fps": 5}, "hflip": True})
    assert changes(text, changed) == [
        "-    name: Front door",
        "+    name: Gate",
        "+      fps: 5",
        "+    hflip: true",
    ]
    added = with_camera(
        text,
        "yard",
        {"source": PATTERN, "motion": {"zones": {"gate": {"points": [[0, 0.5], [1, 0], [1, 1]]}}}},
    )
    assert changes(text, added) == [
        "+  yard:",
        "+    source: {type: test_pattern}",
        "+    motion:",
        "+      zones:",
        "+        gate: {points: [[0, 0.5], [1, 0], [1, 1]]}",
    ]
    assert with_camera(added, "yard", None) == text


A = "{source: {type: test_pattern}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "cameras:\n  new:\n    source: {type: test_pattern}\n"),
        ("# this", "# this\ncameras:\n  new:\n    source: {type: test_pattern}\n"),
        ("node: a\n", "node: a\ncameras:\n  new:\n    source: {type: test_pattern}\n"),
        (
            "cameras:  # none\nnode: a",
            "cameras:  # none\n  new:\n    source: {type: test_pattern}\nnode: a",
        ),
        ("cameras: {}\nnode: a\n", "cameras:\n  new:\n    source: {type: test_pattern}\nnode: a\n"),
        ("cameras: null\n", "cameras:\n  new:\n    source: {type: test_pattern}\n"),
        (f"cameras: {{a: {A}}}\n", f"cameras: {{a: {A}, new: {A}}}\n"),
        ('{"node": "a"}', '{"node": "a", "cameras": {"new": {"source": {"type": "test_pattern"}}}}'),
        ('{"cameras": {}}', '{"cameras": {"new": {"source": {"type": "test_pattern"}}}}'),
        (
            f"cameras:\n    a:  {A}",
            f"cameras:\n    a:  {A}\n    new:\n      source: {{type: test_pattern}}\n",
        ),
        (
            f"---\ncameras:\n  a: {A}\n...\n",
            f"---\ncameras:\n  a: {A}\n  new:\n    source: {{type: test_pattern}}\n...\n",
        ),
    ],
)
def test_where_a_new_camera_goes(text: str, expected: str) -> None:
    assert with_camera(text, "new", {"source": PATTERN}) == expected


def test_windows_line_ends_stay() -> None:
    text = COMMENTED.replace("\n", "\r\n")
    for camera, section in (
        ("front", {"source": PATTERN, "name": "A"}),
        ("new", {"source": PATTERN}),
        ("back", None),
    ):
        changed = with_camera(text, camera, section)
        assert changed.count("\n") == changed.count("\r\n")
        assert changed.replace("\r\n", "\n") == with_camera(COMMENTED, camera, section)


SHARED = """\
usual: &usual {type: test_pattern}
cameras:
  a: &a
    source: *usual
    size: VGA
  b:
    <<: *a
    name: B
  c: *a
"""


@pytest.mark.parametrize(
    ("camera", "section"),
    [
        ("a", {"source": PATTERN, "size": "HD"}),  # b and c would change, too
        ("a", None),
        ("a", {"source": PATTERN | {"pattern": "noise"}, "size": "VGA"}),
        ("b", {"source": PATTERN, "name": "B"}),  # its size comes from a
        ("c", {"source": PATTERN, "size": "HD"}),
    ],
)
def test_what_others_share_is_not_changed(camera: str, section: Any) -> None:
    with pytest.raises(CannotEdit):
        with_camera(SHARED, camera, section)


def test_what_is_not_shared_is_changed_beside_what_is() -> None:
    changed = with_camera(SHARED, "b", {"source": PATTERN, "size": "HD", "name": "B"})
    assert changes(SHARED, changed) == ["+    size: HD"]
    assert changes(SHARED, with_camera(SHARED, "c", None)) == ["-  c: *a"]


@pytest.mark.parametrize("text", ["cameras:\n\tfront: 1\n", "a: 1\na: 2\n", "- a\n", "cameras: {\n"])
def test_a_text_with_errors_is_not_changed(text: str) -> None:
    with pytest.raises(CannotEdit):
        with_camera(text, "new", {"source": PATTERN})


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)
SCALARS = st.booleans() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6).map(lambda x: round(x, 4)) | TEXTS
NAMES = TEXTS.filter(lambda text: text and text == text.strip() and text != "<<")
CONTROLS = st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=3), max_size=4)


@given(before=CONTROLS, after=CONTROLS, flow=st.booleans())
@UNHURRIED
def test_any_values_are_written_so_that_they_are_read_again(
    before: dict[str, Any], after: dict[str, Any], flow: bool
) -> None:
    """Written in braces, on lines of their own, and changed from one to another."""
    old, new = ({"source": PATTERN, "controls": controls} for controls in (before, after))
    if flow:
        text = f"{entry('node', 'x', 0)[0]}\ncameras: {{x: {{source: {{type: test_pattern}}}}}}\n"
    else:
        text = "\n".join(entry("cameras", {"x": {"source": PATTERN}}, 0)) + "\nnode: x\n"
    first = with_camera(text, "x", old)
    second = with_camera(first, "x", new)
    assert same(cameras_of(first), {"x": old})
    assert same(cameras_of(second), {"x": new})


def test_so_many_changes_that_they_would_take_hours_are_refused() -> None:
    """Thousands of keys in one request would keep a thread busy for hours, as the text is parsed for each."""
    many: dict[str, Any] = {"source": PATTERN} | {f"key{number}": number for number in range(3000)}
    text = f"cameras:\n  front:\n    source: {{type: test_pattern}}\n# {'-' * 2000}\n"
    with pytest.raises(CannotEdit, match="too many at once"):
        with_camera(text, "front", many)
    nested = {"source": PATTERN, "controls": {f"Control{number}": number for number in range(3000)}}
    with pytest.raises(CannotEdit, match="too many at once"):
        with_camera(text.replace("# ---", "    controls: {A: 1}\n# ---"), "front", nested)
    assert "key2999: 2999" in with_camera(text, "back", many), "a new camera is written at once"
