"""Headless Firefox, by WebDriver BiDi: https://w3c.github.io/webdriver-bidi/

Firefox speaks it by itself. Selenium would need geckodriver, which Debian 12 does not have, and its own client of the
protocol handles each event in a thread: errors of one test could be noticed in the next.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.left_out import leave_out
from tests.support.waiting import PATIENCE, wait_for
from tests.web.browser_page import BrowserPage

_LISTENS = re.compile(r"listening on (ws://\S+)\n")
_SCHEME = "layout.css.prefers-color-scheme.content-override"
_TOUCH = {
    "dom.w3c_touch_events.enabled": (0, 1),
    "ui.primaryPointerCapabilities": (6, 1),
    "ui.allPointerCapabilities": (6, 1),
}
"""Preferences for a mouse and for a finger. Capabilities are bits: 1 is coarse, 2 fine, 4 can hover."""
_PATIENT_TAPS = {"apz.max_tap_time": 60_000, "ui.click_hold_context_menus.delay": 60_000}
"""Preferences, in milliseconds: a finger that a busy machine lifts later than after 300 ms would press nothing."""
_CONSOLE = """
const found = Services.console.getMessageArray().filter((it) => it instanceof Ci.nsIScriptError
  && !(it.flags & Ci.nsIScriptError.warningFlag) && it.category !== "content javascript" && it.innerWindowID);
Services.console.reset();
return found.map((it) => it.errorMessage);
"""
"""Errors about content which are no event `log.entryAdded`, such as violations of the policy."""


class FirefoxError(Exception):
    """Firefox refused a command, or a script failed."""


class BidiConnection:
    """A connection with a session. Errors in the console are collected while it waits for answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.errors: list[str] = []

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result.

        Raises:
            FirefoxError: Firefox refused it.
        """
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])
            if message.get("id") == self._number:
                if message["type"] == "error":
                    raise FirefoxError(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result

    def script(self, context: str, code: str, *arguments: Any) -> Any:
        """Run JavaScript with JSON arguments in a context, and return its result.

        Raises:
            FirefoxError: it throws an exception.
        """
        result = f"await (function () {{{code}}}).apply(null, JSON.parse(texts))"
        found = self.command(
            "script.callFunction",
            functionDeclaration=f"async (texts) => JSON.stringify({result} ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise FirefoxError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])


class FirefoxPage(BrowserPage):
    """Firefox with the page."""

    passing = (FirefoxError,)

    def __init__(self, connection: BidiConnection) -> None:
        super().__init__()
        self._connection = connection
        self._context = self._top("content")
        self._chrome = self._top("chrome")
        connection.command("session.subscribe", events=["log.entryAdded"])

    def _top(self, scope: str) -> str:
        tree = self._connection.command("browsingContext.getTree", **{"moz:scope": scope})
        return str(tree["contexts"][0]["context"])

    def _command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._connection.command(method, context=self._context, **parameters)

    def open(self, url: str) -> None:
        for address in ("about:blank", url):
            self._command("browsingContext.navigate", url=address, wait="interactive")

    def script(self, code: str, *arguments: Any) -> Any:
        return self._connection.script(self._context, code, *arguments)

    def chrome(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript with the rights of the browser itself, and return its result."""
        return self._connection.script(self._chrome, code, *arguments)

    def perform(self, actions: Sequence[dict[str, Any]]) -> None:
        self._command("input.performActions", actions=list(actions))

    def complaints(self) -> list[str]:
        policy: list[str] = self.chrome(_CONSOLE)
        found, self._connection.errors = self._connection.errors, []
        return found + policy

    def look(self, *, dark: bool = False) -> None:
        self._prefer(_SCHEME, 0 if dark else 1)

    def _prefer(self, name: str, value: int) -> None:
        self.chrome("Services.prefs.setIntPref(...arguments)", name, value)

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        viewport = {"width": width, "height": height}
        self._command("browsingContext.setViewport", viewport=viewport, devicePixelRatio=2 if phone else 1)

    def touch(self, enabled: bool) -> None:
        for name, values in _TOUCH.items():
            self._prefer(name, values[enabled])

    @contextmanager
    def prepared(self, code: str) -> Iterator[None]:
        script = self._connection.command("script.addPreloadScript", functionDeclaration=f"() => {{{code}}}")
        try:
            yield
        finally:
            self._connection.command("script.removePreloadScript", **script)

    def forget(self) -> None:
        self._connection.command("storage.deleteCookies")

    def empty_cache(self) -> None:
        self.chrome("Services.cache2.clear()")

    def save(self, path: Path) -> None:
        path.write_bytes(b64decode(self._command("browsingContext.captureScreenshot")["data"]))


@contextmanager
def running_firefox() -> Iterator[FirefoxPage]:
    """Open Firefox for the block."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        leave_out("no firefox on this machine")
    with ExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        preferences = (f'user_pref("{name}", {value});\n' for name, value in _PATIENT_TAPS.items())
        (profile / "user.js").write_text("".join(preferences))
        log = stack.enter_context((profile / "log").open("w"))
        process = subprocess.Popen(
            [
                *(program, "--headless", "--no-remote", "--profile", str(profile)),
                *("--remote-debugging-port=0", "--remote-allow-system-access"),
            ],
            env=os.environ | {"HOME": str(profile)},
            stdout=log,
            stderr=log,
        )
        stack.callback(_end, process)
        address = wait_for(lambda: _address(process, profile / "log"), "Firefox")
        socket = stack.enter_context(connect(f"{address}/session", max_size=None, max_queue=None))
        connection = BidiConnection(socket)
        connection.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        yield FirefoxPage(connection)


def _address(process: subprocess.Popen[bytes], log: Path) -> str | None:
    text = log.read_text()
    assert process.poll() is None, text
    found = _LISTENS.search(text)
    return found and found[1]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
