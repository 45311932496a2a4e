"""Suggest the known key that an unknown one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mqttcam.settings.document.key_schema import ANY_NAME, known_keys
from mqttcam.settings.document.tree import PREFIX, Key, dotted, variable_name

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
    return word.casefold().replace("-", "_")


def nearest_key(path: Sequence[Key], known: Iterable[str]) -> str | None:
    """Suggest a key for the last of `path`: a similar one in its section (`known`), or the same one elsewhere."""
    word = str(path[-1])
    if near := nearest(word, known):
        return near
    elsewhere = {
        dotted(named): _distance(named, path)
        for named in (_named(other, path) for other, _ in known_keys() if other[-1] == _looks(word))
    }
    elsewhere.pop(dotted(path), None)  # another `type` of source has it
    closest = [name for name, distance in elsewhere.items() if distance == min(elsewhere.values())]
    return " or ".join(closest[:3]) or None


def _distance(one: Sequence[Key], other: Sequence[Key]) -> tuple[int, int]:
    """Return how far a key is from where it was written: by the sections they share, then by its depth."""
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return -shared, len(one)


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
