"""The brokers that `tests/brokers/setup.sh` installs, with their own default limits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.mqtt.conftest import Embedded
from tests.support.broker import Broker, Mosquitto
from tests.support.left_out import leave_out

_HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_ROOT = Path(os.environ.get("MQTTCAM_BROKERS") or _CACHE / "mqttcam-brokers")
_CHROOT = Path(os.environ.get("MQTTCAM_HA_ROOT") or _CACHE / "home-assistant-lab")


def _installed(*path: str) -> Path:
    found = _ROOT.joinpath(*path)
    if not found.exists():
        leave_out("no brokers: run tests/brokers/setup.sh")
    return found


class NewMosquitto(Mosquitto):
    """Mosquitto 2.1, of a newer Debian; its files are in the chroot's /tmp."""

    def _command(self) -> list[str]:
        program = _CHROOT / "usr" / "sbin" / "mosquitto"
        if not program.exists() or os.geteuid() != 0:
            leave_out("no Mosquitto 2.1, or not root: run tests/brokers/setup.sh")
        config = _CHROOT / "tmp" / f"mqttcam-{self.port}.conf"
        config.write_text(
            f"listener {self.port} {self.host}\nuser root\nlog_dest stderr\nallow_anonymous true\n"
        )
        return ["chroot", str(_CHROOT), "/usr/sbin/mosquitto", "-c", f"/tmp/{config.name}"]


class Amqtt(Broker):
    """amqtt: MQTT 3.1.1; it does not answer a CONNECT of MQTT 5."""

    def _command(self) -> list[str]:
        config = self.directory / "amqtt.yaml"
        config.write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: {self.host}:{self.port}\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        )
        return [str(_installed("amqtt", "bin", "amqtt")), "-c", str(config)]


class Aedes(Broker):
    """aedes, the broker of Node-RED's community: MQTT 3.1.1."""

    def _command(self) -> list[str]:
        modules = _installed("aedes", "node_modules")
        return ["env", f"NODE_PATH={modules}", "node", str(_HERE / "aedes.js"), str(self.port)]


class _Java(Broker):
    name = ""

    def _command(self) -> list[str]:
        jars = _installed(self.name.lower(), "lib")
        if shutil.which("java") is None:
            leave_out("no Java: run tests/brokers/setup.sh")
        program = ["java", "-Xmx256m", "-cp", f"{jars}/*", str(_HERE / f"{self.name}.java")]
        return [*program, str(self.port), str(self.directory)]


class Moquette(_Java):
    """Moquette, with packets of 16,000 bytes at most; release 0.17 does not deliver retained messages to `forget`."""

    name = "Moquette"
    retained_is_found = False


class HiveMq(_Java):
    """HiveMQ CE."""

    name = "HiveMq"


BROKERS: dict[str, type[Broker]] = {
    "mosquitto-2.0": Mosquitto,
    "mosquitto-2.1": NewMosquitto,
    "amqtt": Amqtt,
    "aedes": Aedes,
    "moquette": Moquette,
    "hivemq": HiveMq,
    "embedded": Embedded,
}
