"""Real brokers as child processes on free loopback ports.

The tests of the daemon need mosquitto: other brokers do not all pass on what they look at, such as QoS,
retain flags and order. `tests/brokers` tries the others.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.certificates import Certificates
from tests.support.left_out import leave_out
from tests.support.waiting import HOST, free_port, listens, wait_for


def find_mosquitto() -> str | None:
    """Return the program, from PATH or where Debian installs it."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


class Endpoint:
    """What a client needs to connect: the port of a broker, or of a proxy before it."""

    username: str | None = None
    password: str | None = None
    certificates: Certificates | None = None
    client_certificate_required = False

    def __init__(self, port: int) -> None:
        self.host = HOST
        self.port = port


class Broker(Endpoint):
    """A broker process: start, stop, kill, freeze. Subclasses provide its program and configuration."""

    def __init__(self, directory: Path, port: int | None = None) -> None:
        super().__init__(port or free_port())
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_file = directory / "broker.log"

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _forget_retained(self) -> None:
        """Delete everything stored; called while the broker is down."""

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """Return the broker's output so far, over all its starts."""
        return self._log_file.read_text("utf-8", "replace") if self._log_file.exists() else ""

    def start(self) -> Self:
        """Start, and return once it accepts connections."""
        command = self._command()
        with self._log_file.open("ab") as log:
            self._process = _child(command, log)

        def up() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"the broker ended at once:\n{self.log[-2000:]}"
            return listens(self.port)

        wait_for(up, "the broker listens")
        return self

    def stop(self) -> None:
        """SIGTERM: retained messages survive if persistence is on."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: connections break, nothing is saved."""
        self._end(signal.SIGKILL)

    def restart(self, *, wipe: bool = False) -> None:
        """Stop and start on the same port; `wipe` deletes everything retained."""
        self.stop()
        if wipe:
            self._forget_retained()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nothing moves."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """End `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            self._process.send_signal(signal.SIGCONT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


class Mosquitto(Broker):
    """This machine's mosquitto.

    Args:
        password: every client must log in as `mqttcam` with it.
        certificates: TLS with them; `client_certificate` asks each client for one of the same authority.
        extra: more lines of its configuration, such as `max_packet_size 2000000`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        password: str | None = None,
        certificates: Certificates | None = None,
        client_certificate: bool = False,
        extra: str = "",
    ) -> None:
        super().__init__(directory, port)
        program = find_mosquitto()
        if program is None:
            leave_out("mosquitto is not installed")
        self._program = program
        self.username = "mqttcam" if password is not None else None
        self.password = password
        self.certificates = certificates
        self.client_certificate_required = client_certificate
        self._extra = extra

    def _command(self) -> list[str]:
        lines = [
            f"listener {self.port} {self.host}",
            "user root",
            "log_dest stderr",
            f"allow_anonymous {'false' if self.password is not None else 'true'}",
            "set_tcp_nodelay true",  # the tests ask and wait thousands of times: without it 40 ms each
            "persistence true",
            f"persistence_location {self.directory}/",
        ]
        if self.password is not None:
            lines.append(f"password_file {self._password_file()}")
        if self.certificates is not None:
            lines += [
                f"cafile {self.certificates.ca}",
                f"certfile {self.certificates.server_cert}",
                f"keyfile {self.certificates.server_key}",
                f"require_certificate {'true' if self.client_certificate_required else 'false'}",
            ]
        config = self.directory / "mosquitto.conf"
        config.write_text("\n".join([*lines, self._extra, ""]))
        return [self._program, "-c", str(config)]

    def _password_file(self) -> Path:
        path = self.directory / "passwords"
        path.unlink(missing_ok=True)
        path.touch(0o600)
        subprocess.run(
            ["mosquitto_passwd", "-b", str(path), self.username or "", self.password or ""],
            check=True,
            capture_output=True,
        )
        return path

    def change_password(self, password: str) -> None:
        """Change the password; mosquitto reads its file again."""
        self.password = password
        self._password_file()
        os.kill(self.pid, signal.SIGHUP)

    def _forget_retained(self) -> None:
        (self.directory / "mosquitto.db").unlink(missing_ok=True)


def _child(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
