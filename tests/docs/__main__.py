"""Write the generated parts of the documentation: `python -m tests.docs`; with `--check`, fail where they are stale."""

from __future__ import annotations

import sys

from tests.docs.markdown import PAGES, filled, name_of
from tests.docs.tables import parts


def main(check: bool) -> int:
    """Return 1 if a page was stale and `check` is set, else 0."""
    known = parts()
    stale = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (new := filled(text, known)) != text:
            stale = 1
            print(f"{name_of(page)}: {'stale: run python -m tests.docs' if check else 'written'}")
            if not check:
                page.write_text(new, encoding="utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
