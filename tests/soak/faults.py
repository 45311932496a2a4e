"""The faults of the soak: each begins, lasts for a random time, and is undone."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import yaml

from tests.soak.actor import Actor
from tests.soak.commands import Outage
from tests.soak.peers import Behaviour, garbage
from tests.soak.setting import ALL_FRAMES, BASE, SPOOLED, Setting

Fault = Callable[[Setting, random.Random], AbstractContextManager[None]]
_HOUR = 3600
_BACK_WITHIN = 150.0
"""Seconds for the daemon to be connected after an outage of the broker; at most 60 pass between two attempts."""


@contextmanager
def _outage(setting: Setting) -> Iterator[None]:
    """A time without a broker, which ends when a command is answered again."""
    commander = setting.commander
    begin = commander.down_since = time.monotonic()
    yield
    end = time.monotonic() + _BACK_WITHIN
    number = 0
    while time.monotonic() < end:
        request_id = f"outage-{begin}-{number}"
        setting.observer.publish(f"{BASE}/{ALL_FRAMES}/get", {"request_id": request_id})
        if setting.observer.wait_result(request_id, 2):
            break
        number += 1
    commander.outages.append(Outage(begin, time.monotonic()))
    commander.down_since = None


@contextmanager
def broker_killed(setting: Setting, rng: random.Random) -> Iterator[None]:
    with _outage(setting):
        setting.broker.kill()
        yield
        setting.broker.start()


@contextmanager
def broker_frozen(setting: Setting, rng: random.Random) -> Iterator[None]:
    with _outage(setting):
        setting.broker.pause()
        yield
        setting.broker.resume()


@contextmanager
def broker_forgets(setting: Setting, rng: random.Random) -> Iterator[None]:
    """A restart after which the broker has lost all retained messages."""
    with _outage(setting):
        setting.broker.restart(wipe=True)
        yield


@contextmanager
def kafka_frozen(setting: Setting, rng: random.Random) -> Iterator[None]:
    if (kafka := setting.kafka) is not None:
        kafka.pause()
        yield
        kafka.resume()
    else:
        yield


@contextmanager
def kafka_killed(setting: Setting, rng: random.Random) -> Iterator[None]:
    if (kafka := setting.kafka) is not None:
        kafka.kill()
        yield
        kafka.start()
    else:
        yield


@contextmanager
def peer_misbehaves(setting: Setting, rng: random.Random) -> Iterator[None]:
    """A sender, a network camera, or the listener of an output dies, falls silent, or sends garbage."""
    peer = setting.peers[rng.choice(sorted(setting.peers))]
    peer.behaviour = rng.choice([one for one in Behaviour if one is not Behaviour.WELL])
    yield
    peer.behaviour = Behaviour.WELL


@contextmanager
def folder_gone(setting: Setting, rng: random.Random) -> Iterator[None]:
    """The files of a camera are moved away, or one of them is broken."""
    if rng.random() < 0.5:
        away = setting.folder.with_name("away")
        setting.folder.rename(away)
        yield
        away.rename(setting.folder)
    else:
        broken = setting.folder / "002b.jpg"
        broken.write_bytes(b"\xff\xd8\xff" + rng.randbytes(3000))
        yield
        broken.unlink()


@contextmanager
def disk_full(setting: Setting, rng: random.Random) -> Iterator[None]:
    filler = setting.disk.folder / "filler"
    if setting.disk.small:
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 20)):
                pass
    yield
    filler.unlink(missing_ok=True)


@contextmanager
def disk_read_only(setting: Setting, rng: random.Random) -> Iterator[None]:
    if setting.disk.small:
        for _ in range(50):  # not while a file is open for writing
            if setting.disk.remount("ro"):
                break
            time.sleep(0.02)
    yield
    if setting.disk.small:
        setting.disk.remount("rw")


@contextmanager
def clock_steps(setting: Setting, rng: random.Random) -> Iterator[None]:
    setting.clock.step(rng.choice([600, -600, 3 * _HOUR, -3 * _HOUR, 48 * _HOUR, -10_000 * _HOUR]))
    yield
    setting.clock.step(0)


@contextmanager
def garbage_on_listeners(setting: Setting, rng: random.Random) -> Iterator[None]:
    yield
    garbage(setting.listeners, 3, rng.randbytes)


@contextmanager
def reloads(setting: Setting, rng: random.Random) -> Iterator[None]:
    """SIGHUP with the same configuration, a broken one, or one with another camera."""
    config = setting.configuration()
    file = setting.daemon.config_file
    change = rng.choice(["same", "broken", "camera"])
    if change == "broken":
        file.write_text("cameras: [")
    elif change == "camera":
        config["cameras"]["added"] = {"source": {"type": "test_pattern"}, "size": "160x120"}
        file.write_text(yaml.safe_dump(config))
    setting.daemon.send_signal(signal.SIGHUP)
    yield
    setting.daemon.write_config()
    setting.daemon.send_signal(signal.SIGHUP)


@contextmanager
def switched_off(setting: Setting, rng: random.Random) -> Iterator[None]:
    """A camera or an output is switched off and on again; over HTTP, which works without a broker."""
    key = rng.choice(["enabled", "kafka"])
    for value in ("OFF", "ON"):
        with contextlib.suppress(OSError):
            setting.post(f"/api/cameras/{SPOOLED}/set", {key: value})
        if value == "OFF":
            yield


@contextmanager
def home_assistant_restarts(setting: Setting, rng: random.Random) -> Iterator[None]:
    yield
    setting.observer.publish("homeassistant/status", "online")


SERVICES: tuple[Fault, ...] = (
    broker_killed, broker_frozen, broker_forgets, kafka_frozen, kafka_killed, disk_full, disk_read_only
)  # fmt: skip
OTHERS: tuple[Fault, ...] = (
    peer_misbehaves, peer_misbehaves, peer_misbehaves, folder_gone, clock_steps, garbage_on_listeners, reloads,
    switched_off, home_assistant_restarts,
)  # fmt: skip


class Faults(Actor):
    """One fault after another of one kind, in random order: each once before any comes twice.

    Attributes:
        counts: how often each has occurred.
        errors: faults that could not be caused or undone, in words.
    """

    def __init__(
        self, setting: Setting, kinds: tuple[Fault, ...], rng: random.Random, longest: float
    ) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.errors: list[str] = []
        self._setting = setting
        self._kinds = kinds
        self._rng = rng
        self._longest = longest
        self._upcoming: list[Fault] = []

    def _act(self) -> None:
        if not self._upcoming:
            self._upcoming = self._rng.sample(self._kinds, len(self._kinds))
        self._cause(self._upcoming.pop())
        self._stop.wait(self._rng.uniform(0.5, 3))

    def _cause(self, fault: Fault) -> None:
        name = getattr(fault, "__name__", "fault")
        self.counts[name] = self.counts.get(name, 0) + 1
        seconds = self._rng.uniform(0.5, self._longest)
        print(f"{time.strftime('%H:%M:%S')} {name} for {seconds:.1f} s", flush=True)
        try:
            with fault(self._setting, self._rng):
                self._stop.wait(seconds)
        except (OSError, AssertionError) as error:
            self.errors.append(f"{name}: {error}")
