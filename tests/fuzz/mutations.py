"""Bytes that are nearly valid: good examples with a few changes, as an attacker or a broken disk makes them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

_MOST = 5
_LONGEST = 40


@st.composite
def mutated(draw: st.DrawFn, examples: Sequence[bytes], words: Sequence[bytes] = ()) -> bytes:
    """Return one of `examples` with up to five changes.

    Args:
        words: what means something to the parser, put in here and there.
    """
    data = bytearray(draw(st.sampled_from(list(examples))))
    for _ in range(draw(st.integers(0, _MOST))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, _LONGEST))
        match draw(st.integers(0, 5)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = draw(st.binary(max_size=8))
            case 3:
                data[at:at] = data[at : at + length]
            case 4 if words:
                data[at : at + draw(st.integers(0, 8))] = draw(st.sampled_from(list(words)))
            case _:
                del data[at:]
    return bytes(data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
"""Anything that JSON can say."""
