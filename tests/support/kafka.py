"""A real Apache Kafka as a child process: one node in KRaft mode on free loopback ports.

Its jars come from Maven Central once and stay in a cache folder. One broker has every kind of listener: plain, TLS,
SASL, SASL over TLS, and one that sends its clients to a name that nobody knows. Where Java or Maven is missing a small
stand-in from PyPI takes its place.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.support.certificates import Certificates
from tests.support.left_out import leave_out
from tests.support.waiting import HOST, free_port, listens, wait_for

VERSION = "4.0.0"
USER, PASSWORD = "camera", "0815"  # digits alone: a password stays text
GUEST = "guest"
"""A user with the same password and no permissions except those that a test grants."""
NOBODY = "kafka.example.invalid"
"""Never resolves (RFC 2606)."""
_CLUSTER = "bXF0dGNhbS10ZXN0cy0wMA"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAIN://{host}:{plain},TLS://{host}:{tls},SASL://{host}:{sasl},BOTH://{host}:{both},LOST://{host}:{lost},MUTUAL://{host}:{mutual},CONTROLLER://{host}:{controller}
advertised.listeners=PLAIN://{host}:{plain},TLS://{host}:{tls},SASL://{host}:{sasl},BOTH://{host}:{both},LOST://{nobody}:{lost},MUTUAL://{host}:{mutual}
inter.broker.listener.name=PLAIN
listener.security.protocol.map=PLAIN:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,BOTH:SASL_SSL,LOST:PLAINTEXT,MUTUAL:SSL,CONTROLLER:PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:{user}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl.plain.sasl.jaas.config={jaas}
listener.name.sasl.scram-sha-256.sasl.jaas.config={scram}
listener.name.both.plain.sasl.jaas.config={jaas}
listener.name.both.scram-sha-256.sasl.jaas.config={scram}
listener.name.mutual.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^.*CN=([^,]+).*$/$1/,DEFAULT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
log.dirs={logs}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
num.network.threads=2
num.io.threads=2
"""
_PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_LOGGING = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


def _missing() -> str | None:
    """Return why a real Kafka cannot run here, or None."""
    if os.environ.get("MQTTCAM_TEST_KAFKA") == "stand-in":
        return "MQTTCAM_TEST_KAFKA=stand-in"
    lacking = [program for program in ("java", "mvn") if shutil.which(program) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else None


def jars() -> Path:
    """Return the folder with Kafka's jars, filled on first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mqttcam-tests"
    folder = cache / f"kafka-{VERSION}"
    if folder.is_dir():
        return folder
    unfinished = cache / f"kafka-{VERSION}.{os.getpid()}"
    unfinished.mkdir(parents=True)
    (unfinished / "pom.xml").write_text(_POM)
    command = ["mvn", "-q", "-B", "-f", str(unfinished / "pom.xml"), "dependency:copy-dependencies"]
    subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}"],
        check=True,
        capture_output=True,
    )
    with suppress(OSError):  # another run was first
        unfinished.rename(folder)
    return folder


@dataclass(frozen=True)
class Ports:
    """The addresses of the broker's listeners."""

    plain: int
    tls: int
    sasl: int
    both: int
    lost: int
    mutual: int
    controller: int


class KafkaBroker:
    """Apache Kafka. Ports and topics survive `kill` and `start`."""

    real = True

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports = Ports(*(free_port() for _ in range(7)))
        self.certificates = Certificates.make(directory / "certificates")
        self._process: subprocess.Popen[bytes] | None = None
        self._config = directory / "server.properties"
        self._log = directory / "kafka.log"

    def address(self, listener: str = "plain") -> str:
        return f"{HOST}:{getattr(self.ports, listener)}"

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def start(self) -> Self:
        """Start, and return once every listener accepts connections."""
        if not self._config.exists():
            self._format()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._config)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._up, "Kafka listens", 60, 0.1)
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: connections break, nothing is flushed."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nothing moves."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def recover(self) -> None:
        """Have it run again, whatever was done to it."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        else:
            self.resume()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Kafka ended at once:\n{self.log[-3000:]}"
        ports = self.ports
        return all(listens(port) for port in (ports.plain, ports.tls, ports.sasl, ports.both, ports.lost))

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def _format(self) -> None:
        self._config.write_text(
            _PROPERTIES.format(
                host=HOST,
                nobody=NOBODY,
                user=USER,
                **vars(self.ports),
                keystore=self._keystore(),
                truststore=self.certificates.ca,
                logs=self.directory / "data",
                jaas=f'{_PLAIN_LOGIN} required user_{USER}="{PASSWORD}" user_{GUEST}="{PASSWORD}";',
                scram=_SCRAM_LOGIN,
            )
        )
        scram = f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"
        format_it = (
            "kafka.tools.StorageTool",
            "format",
            "-t",
            _CLUSTER,
            "-c",
            str(self._config),
            "--add-scram",
            scram,
        )
        done = subprocess.run(self._java(*format_it), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def _keystore(self) -> Path:
        """Key (PKCS #8) and certificate in one file, as Kafka requires."""
        key = load_pem_private_key(self.certificates.server_key.read_bytes(), None)
        path = self.directory / "keystore.pem"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + self.certificates.server_cert.read_bytes())
        return path

    def _java(self, *arguments: str) -> list[str]:
        memory = ["-Xmx384m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        return ["java", *memory, _LOGGING, "-cp", f"{jars()}/*", *arguments]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


class StandIn(KafkaBroker):
    """noida-db, which speaks Kafka's protocol without TLS and SASL, and may lose messages."""

    real = False

    def start(self) -> Self:
        program = str(files("noida_db") / "noida-db")
        command = [program, "start", "--only", "kafka", "--host", HOST, "--kafka-port", str(self.ports.plain)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.directory / "data")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self._up, "the stand-in listens")
        return self

    def _up(self) -> bool:
        return listens(self.ports.plain)


def any_kafka(directory: Path) -> KafkaBroker:
    """Yield a real Kafka, or the stand-in, which the run reports. CI has the real one."""
    missing = _missing()
    if missing is None:
        return KafkaBroker(directory)
    assert not os.environ.get("CI"), f"no Kafka in CI: {missing}"
    if find_spec("noida_db") is None:
        leave_out(f"Kafka: {missing}")
    return StandIn(directory)
