"""`mqttcam init --page`: the questions on a web page, which only the printed link opens."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mqttcam.cli.demo import EVERY_INTERFACE, listen_address, or_free_port, usual_web_host
from mqttcam.cli.init_arguments import WEB_PORT
from mqttcam.cli.outcome import CommandFailed, UsageError
from mqttcam.cli.prompts import say
from mqttcam.settings import WebSettings
from mqttcam.settings.web import is_loopback
from mqttcam.setup.extras import missing_extra
from mqttcam.web.address import lan_address, page_url


def ask_on_page(path: Path, arguments: argparse.Namespace, check: Callable[[Path], Sequence[str]]) -> None:
    """Serve the page until the file is written.

    Raises:
        UsageError: an option is wrong, or a package is missing.
        CommandFailed: the page was not used for some time, or cannot be served.
        KeyboardInterrupt: nothing was written.
    """
    if missing := missing_extra("aiohttp", "web"):
        raise UsageError(f"--page: {missing}")
    given = arguments.web_port
    if given is not None and not 1 <= given <= 65535:
        raise UsageError(f"--web-port {given}: is out of range; allowed: 1 to 65535")
    host = usual_web_host(lan_address()) if arguments.web_host is None else listen_address(arguments.web_host)
    port = (or_free_port(host, WEB_PORT) or or_free_port(host, WEB_PORT + 1)) if given is None else given
    if not port:
        raise UsageError(f"ports {WEB_PORT} and {WEB_PORT + 1} are in use: --web-port names another one")
    try:
        written = asyncio.run(_serve(path, host, port, check))
    except KeyboardInterrupt:
        print("\nmqttcam: nothing was written", file=sys.stderr)
        raise
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on {host} port {port}: {error.strerror or error}; --web-host and --web-port name another"
        ) from None
    if not written:
        raise CommandFailed("the page was not used to the end: nothing was written")
    say(f"\nWritten: {path}. The page shows what to run next.")


async def _serve(path: Path, host: str, port: int, check: Callable[[Path], Sequence[str]]) -> bool:
    """Return whether the file was written."""
    from mqttcam.setup.page import Listener, SetupPage

    token = secrets.token_urlsafe(18)
    page = SetupPage(path, token, check, Listener(host, port))
    # The first process of a container receives only signals that it handles.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, page.stop)
    await page.serve(lambda: _print_link(path, host, port, token))
    return page.written is not None


def _print_link(path: Path, host: str, port: int, token: str) -> None:
    url = page_url(WebSettings.model_construct(host=host), port)
    where = (
        f"on this machine alone (other machines too: --web-host {EVERY_INTERFACE})"
        if is_loopback(host)
        else "on any device in this network; what you type is not encrypted on its way"
    )
    say(f"""mqttcam init: open this address {where}

  {url}#token={token}

It asks a few questions and writes {path}. It ends then, or after 30 minutes without use; Ctrl-C ends it now.""")
