"""The daemon as a process, started as a user would, and `mqttcam` run to completion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import psutil
import yaml

from tests.support.broker import Endpoint
from tests.support.project import PROJECT
from tests.support.waiting import PATIENCE


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment with only the search paths of programs and of this mqttcam."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS")},
        **(extra or {}),
    }


def configuration(
    broker: Endpoint,
    directory: Path,
    *,
    node: str = "yard",
    cameras: Mapping[str, Any] | None = None,
    **sections: Any,
) -> dict[str, Any]:
    """Return a configuration for `broker`; `sections` are merged into it, one level deep."""
    mqtt: dict[str, Any] = {"host": broker.host, "port": broker.port}
    if broker.username:
        mqtt |= {"username": broker.username, "password": broker.password}
    if (files := broker.certificates) is not None:
        mqtt["tls"] = {"ca_file": str(files.ca)}
        if broker.client_certificate_required:
            mqtt["tls"] |= {"cert_file": str(files.client_cert), "key_file": str(files.client_key)}
    config: dict[str, Any] = {
        "node": node,
        "mqtt": mqtt,
        "state_dir": str(directory / "state"),
        "cameras": dict(cameras) if cameras is not None else {"front": pattern_camera()},
    }
    for name, section in sections.items():
        config[name] = {**config[name], **section} if isinstance(config.get(name), dict) else section
    return config


def pattern_camera(**more: Any) -> dict[str, Any]:
    """Return a small moving camera; `more` are its other settings."""
    image = {"fps": 5, "quality": 80, **more.pop("image", {})}
    return {"source": {"type": "test_pattern"}, "size": "320x240", "frame_rate": 10, "image": image, **more}


class Daemon:
    """`mqttcam run -c FILE` (or another command that keeps running) in its own folder, with its log.

    Used as a context manager it never outlives the block.
    """

    running: ClassVar[list[Daemon]] = []
    """Running daemons, so that a failing test can show their logs."""

    def __init__(
        self,
        directory: Path,
        config: dict[str, Any] | str | None = None,
        *,
        env: Mapping[str, str] | None = None,
        arguments: list[str] | None = None,
    ) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.config_file = directory / "config.yaml"
        self.config = config
        self.env = clean_environment(directory, env)
        self._arguments = arguments if arguments is not None else ["run", "-c", str(self.config_file)]
        self._process: subprocess.Popen[bytes] | None = None
        self._log_file = directory / "daemon.log"

    def write_config(self) -> None:
        """Write `config` to the file that the daemon reads; text is written unchanged."""
        if self.config is None:
            return
        text = self.config if isinstance(self.config, str) else yaml.safe_dump(self.config, sort_keys=False)
        self.config_file.write_text(text)

    def start(self) -> Self:
        """Start it and return at once."""
        self.write_config()
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mqttcam", *self._arguments],
                cwd=self.directory,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if self not in self.running:
            self.running.append(self)
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None, "the daemon was not started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Return its output so far, over all its starts."""
        return self._log_file.read_text("utf-8", "replace") if self._log_file.exists() else ""

    @property
    def pss(self) -> int:
        """Return its proportional set size in bytes."""
        return int(psutil.Process(self.pid).memory_full_info().pss)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        os.kill(self.pid, number)

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for it to exit; return the exit code.

        Raises:
            AssertionError: it did not end by itself.
        """
        assert self._process is not None, "the daemon was not started"
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no end within {timeout:g} s:\n{self.log[-3000:]}") from None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send SIGTERM; return the exit code and the seconds it took."""
        began = time.monotonic()
        self.send_signal(how)
        code = self.wait()
        return code, time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def restart(self) -> None:
        """Stop, and start again with the present `config`."""
        code, _ = self.stop()
        assert code == 0, f"exit code {code}:\n{self.log[-3000:]}"
        self.start()

    def close(self) -> None:
        """Kill it and all its children, whatever their state."""
        if self in self.running:
            self.running.remove(self)
        if self._process is None or self._process.poll() is not None:
            return
        family = psutil.Process(self.pid).children(recursive=True)
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        for child in family:
            if child.is_running():
                child.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def mqttcam_command(
    directory: Path, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run `mqttcam ARGUMENTS` to completion in `directory`."""
    return subprocess.run(
        [sys.executable, "-m", "mqttcam", *arguments],
        cwd=directory,
        env=clean_environment(directory, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
