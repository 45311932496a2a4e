"""One soak from start to end, and its findings."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.soak import report
from tests.soak.actor import Actor
from tests.soak.counts import calm_mistakes, mistakes, take_counts
from tests.soak.entities import wrong_entities
from tests.soak.faults import OTHERS, SERVICES, Faults
from tests.soak.samples import Sample, growth, take_sample
from tests.soak.setting import Setting
from tests.support.daemon import mqttcam_command
from tests.support.waiting import listens

_RECOVERY = 180.0
"""Seconds until everything works again after the last fault."""
_CALM = 5.0
_SAMPLES = 12
"""Times that a run is interrupted to measure."""
_LONGEST_STOP = 5.0
_STARTED = " runs as node "
"""In the log once for each start; a restart by exec keeps the process id."""


class Soak:
    """A run of `minutes`.

    Attributes:
        findings: what was wrong, in words; empty if nothing was.
    """

    def __init__(self, setting: Setting, minutes: float) -> None:
        self.findings: list[str] = []
        self._setting = setting
        self._minutes = minutes
        self._samples: list[Sample] = []
        self._began = time.monotonic()
        longest = min(20.0, minutes * 4)
        self._faults = [
            Faults(setting, kinds, random.Random(f"{setting.seed} faults {number}"), longest)
            for number, kinds in enumerate((SERVICES, OTHERS))
        ]

    def run(self) -> str:
        """Run, and return the report in Markdown."""
        setting = self._setting
        pid = setting.daemon.pid
        self._measure()
        for faults in self._faults:
            faults.start()
        interval = max(self._minutes * 60 / _SAMPLES, 30)
        while self._elapsed < self._minutes * 60 and setting.daemon.alive:
            time.sleep(min(interval, max(self._minutes * 60 - self._elapsed, 1)))
            self._measure()
        for faults in self._faults:
            faults.stop()
            self.findings += faults.errors
        if not setting.daemon.alive or setting.daemon.pid != pid:
            self.findings.append(f"the daemon ended:\n{setting.daemon.log[-3000:]}")
            return report.samples_table(self._samples)
        return self._end()

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _measure(self) -> None:
        """Wait until there is no fault and everything works, count and measure, and go on."""
        setting = self._setting
        actors = (*self._faults, *setting.actors)
        self._pause(*self._faults)
        problem = self._wait_well()
        if problem:
            self.findings.append(
                f"minute {self._elapsed / 60:.0f}: not well after {_RECOVERY:g} s: {problem}"
            )
        self._pause(*setting.actors)
        before = take_counts(setting)
        time.sleep(_CALM)
        if not problem:
            self.findings += calm_mistakes(before, take_counts(setting))
        sample = take_sample(setting.daemon.pid, self._elapsed / 60)
        self._samples.append(sample)
        print(f"{time.strftime('%H:%M:%S')} {sample}", flush=True)
        for actor in actors:
            actor.resume()

    def _pause(self, *actors: Actor) -> None:
        for actor in actors:
            actor.pause()
        for actor in actors:
            actor.wait_idle()

    def _wait_well(self) -> str:
        """Return what is still not right when the time is over; empty if everything is."""
        end = time.monotonic() + _RECOVERY
        while (problem := self._problem()) and time.monotonic() < end and self._setting.daemon.alive:
            time.sleep(0.5)
        return problem

    def _problem(self) -> str:
        try:
            health = self._setting.get("/api/health")
        except OSError as error:
            return f"/api/health: {error}"
        if health["problems"]:
            return "; ".join(health["problems"])
        for name, camera in health["cameras"].items():
            if camera["status"] != "running":
                return f"{name} is {camera['status']}"
            for output in ("kafka", "tcp"):
                state = camera.get(output)
                if state and state["enabled"] and (not state["connected"] or state["waiting"] > 2):
                    return f"{name}: {output}: {state}"
        if not listens(self._setting.embedded_port):
            return "the embedded broker does not listen"
        return "" if self._setting.observer.subscribed.is_set() else "the broker is away"

    def _end(self) -> str:
        setting = self._setting
        for actor in setting.actors:
            actor.stop()
        if problem := self._wait_well():
            self.findings.append(f"not well at the end: {problem}")
        time.sleep(_CALM)
        tally = setting.commander.tally()
        counts = take_counts(setting, in_kafka=True)
        self.findings += mistakes(counts, len(setting.commander.outages))
        self.findings += growth(self._samples)
        self.findings += [f"command {name}: no result" for name in tally.unanswered[:10]]
        self.findings += [f"command {name}: several results" for name in tally.answered_twice[:10]]
        self.findings += setting.commander.failures[:10]
        self.findings += wrong_entities(setting)
        self._check_process()
        done: dict[str, int] = {}
        for faults in self._faults:
            done.update(faults.counts)
        commander = setting.commander
        tables = [
            report.samples_table(self._samples),
            report.counts_table(counts),
            report.commands_table(tally, commander.posted, commander.answered),
            report.faults_table(done),
        ]
        return "\n\n".join(tables)

    def _check_process(self) -> None:
        """Check the log and the health check, and that the daemon stops as it should."""
        daemon = self._setting.daemon
        check = mqttcam_command(daemon.directory, "healthcheck", "-c", str(daemon.config_file))
        if check.returncode:
            self.findings.append(f"healthcheck: {check.stdout} {check.stderr}")
        if (starts := daemon.log.count(_STARTED)) != 1:
            self.findings.append(f"the daemon has restarted itself {starts - 1} times")
        if tracebacks := daemon.log.count("Traceback"):
            self.findings.append(f"{tracebacks} tracebacks in {daemon.directory}")
        code, seconds = daemon.stop()
        if code or seconds > _LONGEST_STOP:
            self.findings.append(f"stop: exit code {code} after {seconds:.1f} s")


def soak(directory: Path, seed: int, minutes: float) -> tuple[str, list[str]]:
    """Run a soak; return its report and its findings, both for people."""
    with Setting(directory, seed) as setting:
        run = Soak(setting, minutes)
        text = run.run()
        missing = {
            "no Kafka": setting.kafka is None,
            "no faults of the disk: a tmpfs cannot be mounted": not setting.disk.small,
            "no steps of the clock: there is no C compiler": not setting.clock.moves,
        }
    left_out = [f"Left out: {name}." for name, true in missing.items() if true]
    return "\n\n".join([text, *left_out]), run.findings
