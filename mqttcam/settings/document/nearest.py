"""Suggest the known key that an unknown one was probably meant to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mqttcam.settings.document import other_names
from mqttcam.settings.document.key_schema import ANY_NAME, known_keys
from mqttcam.settings.document.tree import PREFIX, Key, dotted, variable_name

_ANY_ID = "<id>"
_MAX_WORD = 100
"""Characters: nothing known is so long, and comparing takes time by the square of the length."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the word of `known` most similar to `word` (any case, `-` for `_`), or None."""
    import difflib  # not needed for a valid configuration

    if len(word) > _MAX_WORD:
        return None
    by_looks = {_looks(name): name for name in known}
    close = difflib.get_close_matches(_looks(word), by_looks, n=1, cutoff=0.6)
    return by_looks[close[0]] if close else None


def _looks(word: str) -> str:
    return word.casefold().replace("-", "_").replace(".", "_")


def nearest_key(path: Sequence[Key], known: Collection[str]) -> str | None:
    """Suggest a key for the last of `path`: what it means in other programs, a similar one, or one elsewhere.

    A key in the same section (`known`) comes first, and is returned alone; another one is returned as a key path.
    """
    word = _looks(str(path[-1]))
    section = [str(key) for key in path[:-1]]
    if section[:1] == ["cameras"] and len(section) > 1:
        section[1] = ANY_NAME
    if word in other_names.WITHOUT_EQUAL.get(".".join(section), ""):
        return None
    if meant := other_names.other_section(section, word):
        return dotted_in(meant, path)
    return (
        other_names.same_section(word, known)
        or nearest(word, known)
        or _elsewhere([word], path)
        or _elsewhere(other_names.meanings(word), path)
    )


def dotted_in(paths: str, like: Sequence[Key]) -> str:
    """Return key paths (`a.b or c.*.d`) with the camera's id of another path, or a word for it, for each `*`."""
    camera_id = str(like[1]) if like[0] == "cameras" and len(like) > 2 else _ANY_ID
    return paths.replace(ANY_NAME, camera_id)


def _elsewhere(words: Collection[str], path: Sequence[Key]) -> str | None:
    """Return the nearest keys of other sections with one of these names."""
    every = [_named(other, path) for other, _ in known_keys()]
    if list(map(str, path)) in every:
        return None  # another `type` of source has it
    elsewhere = {
        dotted(named): _distance(named, path)
        for named in every
        if named[-1] in words and named[:-1] != list(map(str, path[:-1]))
    }
    closest = [name for name, distance in elsewhere.items() if distance == min(elsewhere.values())]
    return " or ".join(closest[:3]).replace(ANY_NAME, _ANY_ID) or None


def _distance(one: Sequence[Key], other: Sequence[Key]) -> tuple[int, int]:
    """Return how far a key is from where it was written: by the sections to go up and down, then by its depth."""
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return len(one) + len(other) - 2 * shared, len(one)


def nearest_variable(path: Sequence[str]) -> str | None:
    """Suggest a variable for an unknown one; `path` is its name, split at the double underscores."""
    known = {
        PREFIX + variable_name(_named(other, path))
        for other, schema in known_keys()
        if ANY_NAME not in other[-1:]
    }
    return nearest(PREFIX + variable_name(path), known)


def _named(known: Sequence[str], like: Sequence[Key]) -> list[str]:
    """Return a known path with the user-defined names (a camera's id) of `like` in the same position."""
    free = list(known[:1]) == list(like[:1])
    return [
        str(like[i]) if key == ANY_NAME and free and i + 1 < len(like) else key for i, key in enumerate(known)
    ]
