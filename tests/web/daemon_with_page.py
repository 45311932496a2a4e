"""The daemon as a process, with the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.daemon import Daemon
from tests.support.waiting import free_port, wait_for


@contextmanager
def daemon_with_page(folder: Path, text: str, **fields: str) -> Iterator[tuple[Daemon, str]]:
    """Run the daemon until the block ends; yield it and the root URL of its page, once that answers.

    Args:
        text: the configuration, a format string with the field `port` and those of `fields`.
    """
    port = free_port()
    with Daemon(folder, text.format(port=port, **fields)) as daemon:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            try:
                return requests.get(f"{url}/healthz", timeout=60).status_code in (200, 503)
            except requests.ConnectionError:
                return False

        wait_for(answers, "the web server")
        yield daemon, url
