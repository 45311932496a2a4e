"""What a user does with the page, in any browser."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from tests.support.waiting import PATIENCE

T = TypeVar("T")
HAS_VIDEO = find_spec("av") is not None
DESKTOP = (1440, 900)
PHONE = (390, 844)

_HASH = """
const picture = document.querySelector(".picture > :not([hidden])"), canvas = document.createElement("canvas");
canvas.width = 64; canvas.height = 48;
const drawing = canvas.getContext("2d");
drawing.drawImage(picture, 0, 0, 64, 48);
const data = drawing.getImageData(0, 0, 64, 48).data;
let sum = 0, hash = 0;
for (let i = 0; i < data.length; i += 4) {
  const grey = data[i] + data[i + 1] + data[i + 2];
  sum += grey;
  hash = (hash * 31 + grey) | 0;
}
return [hash, sum / (data.length / 4) / 3];
"""
_WIDTH = """
const picture = document.querySelector(".picture > :not([hidden])");
return picture?.videoWidth || picture?.naturalWidth || 0;
"""
_SHOWN = """
const shown = [...document.querySelectorAll(arguments[0])].find((it) => it.checkVisibility({visibilityProperty: true}));
"""
_READ = f"{_SHOWN} return shown && [shown.innerText.trim()];"
_CENTRE = f"""{_SHOWN}
if (!shown) return null;
shown.scrollIntoView({{block: "center", inline: "center", behavior: "instant"}});
const {{left, top, width, height}} = shown.getBoundingClientRect();
const x = Math.round(left + width / 2), y = Math.round(top + height / 2);
return shown.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
"""
"""The centre of the first visible element, scrolled into view; null while another element covers it."""


class BrowserPage(ABC):
    """A browser with the page."""

    passing: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors of scripts and elements while a page is loaded."""

    def __init__(self) -> None:
        self._pointer = "mouse"

    @abstractmethod
    def open(self, url: str) -> None:
        """Load a URL from scratch."""

    @abstractmethod
    def script(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript with JSON arguments, and return its result."""

    @abstractmethod
    def perform(self, actions: Sequence[dict[str, Any]]) -> None:
        """Perform actions of input devices as in W3C WebDriver."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """Return the errors in the console since the last call, policy violations included."""

    @abstractmethod
    def look(self, *, dark: bool = False) -> None:
        """Set the preferred colour scheme."""

    @abstractmethod
    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Set the size of the screen, in CSS pixels."""

    @abstractmethod
    def touch(self, enabled: bool) -> None:
        """Set whether the screen is used by finger, from the next page that is opened."""

    @abstractmethod
    def prepared(self, code: str) -> AbstractContextManager[None]:
        """Run JavaScript in each page that is loaded during the block, before its own."""

    @abstractmethod
    def forget(self) -> None:
        """Delete all cookies."""

    @abstractmethod
    def empty_cache(self) -> None:
        """Delete the files that the browser keeps of pages."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Save a screenshot as PNG."""

    def screen(self, *, phone: bool = False) -> None:
        """Use the screen of a desktop with a mouse, or of a phone by finger."""
        self.size(*(PHONE if phone else DESKTOP), phone=phone)
        self.touch(phone)
        self._pointer = "touch" if phone else "mouse"

    def see(self, selector: str) -> None:
        """Wait for a visible element."""
        self.until(lambda: self.script(f"{_SHOWN} return Boolean(shown)", selector), selector)

    def read(self, selector: str) -> str:
        """Wait for a visible element, and return its text."""
        return str(self.until(lambda: self.script(_READ, selector), selector)[0])

    def press(self, selector: str, hold: float = 0) -> None:
        """Wait for a visible element that stands still and is not covered, and click or tap it.

        Args:
            hold: seconds until the button or the finger is lifted.
        """
        places: list[Any] = [None]

        def settled() -> bool:
            places.append(self.script(_CENTRE, selector))
            return places[-1] is not None and places[-1] == places[-2]

        self.until(settled, f"{selector} can be clicked")
        x, y = places[-1]
        steps = [
            {"type": "pointerMove", "x": x, "y": y, "duration": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pause", "duration": round(hold * 1000)},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"pointerType": self._pointer}
        self.perform([{"type": "pointer", "id": self._pointer, "parameters": pointer, "actions": steps}])

    def write(self, selector: str, text: str) -> None:
        """Press a field, and type a text."""
        self.press(selector)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.perform([{"type": "key", "id": "keyboard", "actions": keys}])

    def picture(self) -> tuple[int, float]:
        """Return a hash of the present picture, and its brightness from 0 to 255."""
        number, brightness = self.script(_HASH)
        return int(number), float(brightness)

    def picture_width(self) -> int:
        """Return the width of the present picture in its own pixels; 0 if there is none."""
        return int(self.script(_WIDTH))

    def shows_video(self) -> bool:
        """Return whether the present picture is video, which needs PyAV, and not MJPEG."""
        return bool(self.script("return document.querySelectorAll('.picture > video:not([hidden])').length"))

    def moves(self) -> bool:
        """Wait until the picture changes."""
        (first,) = self.until(lambda: (self.picture()[0],), "a picture")
        return self.until(lambda: self.picture()[0] != first, "another picture")

    def fits(self) -> bool:
        """Return whether the page needs no horizontal scrolling."""
        return bool(self.script("return document.documentElement.scrollWidth <= innerWidth"))

    def slide(self, key: str, value: float) -> None:
        """Drag the slider of an entity to a value, through many others."""
        selector = f"[data-key={key}] :is(input, select)"
        self.see(selector)
        self.script(
            """const slider = [...document.querySelectorAll(arguments[0])].find((it) => it.checkVisibility());
            const value = arguments[1], from = slider.valueAsNumber;
            for (let i = 1; i <= 20; i++) {
              slider.value = from + (value - from) * i / 20;
              slider.dispatchEvent(new Event("input", {bubbles: true}));
            }""",
            selector,
            value,
        )

    def until(self, condition: Callable[[], T | None], what: str, timeout: float = PATIENCE) -> T:
        """Wait until a condition returns something true, and return that.

        What is not there yet may also raise a `LookupError`, as `page.all(...)[0]` does.
        """
        end = time.monotonic() + timeout
        while True:
            try:
                value = condition()
            except self.passing + (LookupError,):  # noqa: RUF005 - mypy takes no other form
                value = None
            if value:
                return value
            assert time.monotonic() < end, f"{what}: not within {timeout:g} s"
            time.sleep(0.03)
