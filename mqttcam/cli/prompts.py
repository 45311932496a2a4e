"""Questions in a terminal, with the default in brackets."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from typing import TypeVar

from mqttcam.cli.outcome import UsageError
from mqttcam.setup.answers import InvalidAnswer

T = TypeVar("T")
_YES, _NO = ("y", "yes"), ("n", "no")


def ask(question: str, default: str, check: Callable[[str], T]) -> T:
    """Ask until an answer passes `check`, which raises `InvalidAnswer`; return its result. Enter takes the default."""
    while True:
        text = _line(f"{question} [{default}]: " if default else f"{question}: ").strip() or default
        try:
            return check(text)
        except InvalidAnswer as error:
            say(f"  {error}")


def ask_text(question: str, default: str = "") -> str:
    """Ask for any text; Enter takes the default."""
    return ask(question, default, str)


def ask_yes(question: str, *, default: bool) -> bool:
    """Ask a question with the answers yes and no."""

    def check(text: str) -> bool:
        word = text.lower()
        if word not in (*_YES, *_NO):
            raise InvalidAnswer("", "allowed: y (yes), n (no)")
        return word in _YES

    return ask(f"{question} (y/n)", "y" if default else "n", check)


def choose(question: str, options: Sequence[str]) -> int:
    """Show numbered options, the first of them the default, and return the index of the chosen one."""
    for number, option in enumerate(options, 1):
        say(f"  {number}  {option}")

    def check(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text[:4]) <= len(options):
            raise InvalidAnswer("", f"allowed: a number from 1 to {len(options)}")
        return int(text) - 1

    return ask(question, "1", check)


def ask_secret(question: str) -> str:
    """Ask for a password, which is not shown.

    Raises:
        UsageError: the input has ended.
    """
    try:
        return getpass.getpass(f"{question}: ")
    except EOFError:
        raise _ended() from None


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def _line(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        raise _ended() from None
    except UnicodeError:
        raise UsageError("the answer is not UTF-8 text; nothing was written") from None


def _ended() -> UsageError:
    return UsageError("the input has ended; nothing was written")
