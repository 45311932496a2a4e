"""Commands by MQTT and HTTP, good and bad, and whether each was answered exactly once."""

from __future__ import annotations

import http.client
import json
import random
import time
from dataclasses import dataclass

from tests.soak.actor import Actor
from tests.soak.observer import Observer
from tests.support.waiting import HOST

_ANSWER_WITHIN = 15.0
"""Seconds; taking pictures from a camera that has just failed included."""
_MARGIN = 5.0
"""Seconds before an outage from which on a command may not have been answered yet."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without a broker, on the monotonic clock: what is sent meanwhile may be lost or come twice."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the commands sent by MQTT, apart from those during an outage."""

    sent: int
    answered: int
    unanswered: tuple[str, ...]
    answered_twice: tuple[str, ...]
    during_outages: int


class Commander(Actor):
    """Sends random commands.

    Attributes:
        outages: those over.
        down_since: the beginning of the present outage.
        posted, answered: commands sent by HTTP, and those with an answer in JSON.
    """

    def __init__(self, observer: Observer, web_port: int, cameras: list[str], rng: random.Random) -> None:
        super().__init__()
        self.outages: list[Outage] = []
        self.down_since: float | None = None
        self.posted = self.answered = 0
        self.failures: list[str] = []
        self._observer = observer
        self._web_port = web_port
        self._cameras = cameras
        self._rng = rng
        self._sent: dict[str, float] = {}

    def tally(self) -> Tally:
        """Count; call it once the last commands have had time to be answered."""
        sure = [name for name, at in self._sent.items() if not self._is_unsure(at)]
        counts = {name: self._observer.results[name] for name in sure}
        return Tally(
            sent=len(sure),
            answered=sum(1 for count in counts.values() if count),
            unanswered=tuple(name for name, count in counts.items() if not count),
            answered_twice=tuple(name for name, count in counts.items() if count > 1),
            during_outages=len(self._sent) - len(sure),
        )

    def _is_unsure(self, at: float) -> bool:
        if self.down_since is not None and at > self.down_since - _MARGIN:
            return True
        return any(outage.begin - _MARGIN < at < outage.end for outage in self.outages)

    def _act(self) -> None:
        self._stop.wait(self._rng.uniform(0.1, 0.8))
        if self._rng.random() < 0.2:
            self._post()
        else:
            self._publish()

    def _publish(self) -> None:
        """Send a command whose request id names it; only a patch or the arguments can carry one."""
        request_id = f"soak-{len(self._sent)}"
        camera = f"{self._observer.base}/{self._rng.choice(self._cameras)}"
        choices: list[tuple[str, dict[str, object]]] = [
            (f"{camera}/set", {"image_quality": self._rng.randint(50, 90)}),
            (f"{camera}/set", {"image_quality": "much"}),
            (f"{camera}/set", {"no_such_key": 1}),
            (f"{camera}/get", {}),
            (f"{camera}/cmd/snapshot", {}),
            (f"{camera}/cmd/no_such_command", {}),
            (f"{self._observer.base}/cmd/rediscover", {}),
            (f"{self._observer.base}/cmd/log_level", {"level": "INFO"}),
        ]
        topic, payload = self._rng.choice(choices)
        if self._rng.random() < 0.03:
            topic, payload = f"{camera}/cmd/restart_camera", {}
        self._sent[request_id] = time.monotonic()
        self._observer.publish(topic, {**payload, "request_id": request_id})

    def _post(self) -> None:
        camera = self._rng.choice(self._cameras)
        path, body = self._rng.choice(
            [
                (f"/api/cameras/{camera}/set", '{"image_quality": 80}'),
                (f"/api/cameras/{camera}/set", '{"image_quality":'),
                (f"/api/cameras/{camera}/cmd/snapshot", ""),
                ("/api/node/cmd/rediscover", "{}"),
            ]
        )
        self.posted += 1
        try:
            connection = http.client.HTTPConnection(HOST, self._web_port, timeout=_ANSWER_WITHIN)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", path, body, headers)
            answer = json.loads(connection.getresponse().read())
            connection.close()
            assert "ok" in answer, answer
            self.answered += 1
        except (OSError, http.client.HTTPException, ValueError, AssertionError) as error:
            self.failures.append(f"POST {path}: {type(error).__name__}: {error}")
