"""The decoders of docs/kafka.md in Python, Node.js and Java: the code of the page, run on messages that Kafka had."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.frame import Frame
from tests.docs.markdown import fenced
from tests.outputs.kafka.rig import FakeCapture, make_topic, raw, running_bridge, sized, topic_name
from tests.support.kafka import KafkaBroker
from tests.support.left_out import leave_out
from tests.support.project import PROJECT

PASSWORD = "tell nobody"
_CRYPTO: dict[str, Any] = {"data_encryption": True, "crypto": {"mode": "GCM", "password": PASSWORD}}
SENDERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "plain, confluent": {"client": "confluent"},
    "format 2": {"message_format": 2},
    "compressed": {"data_compression": True},
    "encrypted": _CRYPTO,
    "encrypted and compressed": {"data_compression": True, **_CRYPTO},
    "user_data_only": {"user_data_only": True},
}
"""Settings of the writer, by what is tested."""
_REFUSED = "refused"


@dataclass(frozen=True)
class Captured:
    """The value of a record, and what a decoder has to make of it.

    Attributes:
        line: the driver's input: the value in hexadecimal, 1 or 0 for compressed, the password or `-`.
        expected: its output: the time in microseconds or `none`, and the SHA-256 of the JPEG; or `refused`.
    """

    line: str
    expected: str


def captured(value: bytes, keys: dict[str, Any], expected: str) -> Captured:
    password = PASSWORD.replace(" ", "_") if "crypto" in keys else "-"
    return Captured(f"{value.hex()} {int('data_compression' in keys)} {password}", expected)


def outcome(jpeg: bytes | None, timestamp_us: int | None) -> str:
    assert jpeg is not None
    return f"{'none' if timestamp_us is None else timestamp_us} {hashlib.sha256(jpeg).hexdigest()}"


def ends(value: bytes, keys: dict[str, Any]) -> Iterable[int]:
    """Where a message is cut off; fewer places if it is encrypted, as it takes milliseconds to derive the key."""
    if "crypto" not in keys:
        return range(len(value))
    return *range(1, 60, 5), *range(len(value) - 18, len(value), 4)


@pytest.fixture(scope="module")
def messages(kafka: KafkaBroker) -> list[Captured]:
    """Two messages of each sender, every message that was cut off, and some of others."""
    found: list[Captured] = []
    for keys in SENDERS.values():
        topic = make_topic(kafka, topic_name("decoders"))
        frames = [Frame(time.time_ns(), 64, 48, jpeg=sized(1500, number)) for number in range(2)]
        capture = FakeCapture()
        with running_bridge(kafka, topic, capture, **keys) as bridge:
            for frame in frames:
                capture.hub.publish(frame)
            bridge.wait_sent(2)
        values = raw(kafka, topic)
        for value, frame in zip(values, frames, strict=True):
            time_us = None if "user_data_only" in keys else frame.ts_ns // 1000
            found.append(captured(value, keys, outcome(frame.jpeg, time_us)))
        if "user_data_only" not in keys:
            found += [captured(values[0][:end], keys, _REFUSED) for end in ends(values[0], keys)]
    plain = bytes.fromhex(found[0].line.split()[0])
    others = [b"hello, this is not a message", b"\x89PNG\r\n\x1a\n", plain + b"x", plain[:16] + b"\xff" * 30]
    found += [captured(value, {}, _REFUSED) for value in others]
    encrypted = next(one for one in found if PASSWORD.replace(" ", "_") in one.line)
    found.append(Captured(encrypted.line.replace("tell_nobody", "another"), _REFUSED))
    return found


_PYTHON = """
import hashlib
import sys

for line in sys.stdin:
    value, compressed, password = line.split(" ")
    try:
        time_us, jpeg = decode(
            bytes.fromhex(value), compressed=compressed == "1", password=password.strip().replace("_", " ")
        )
        print("none" if time_us is None else time_us, hashlib.sha256(jpeg).hexdigest())
    except Exception:
        print("refused")
"""
_NODE = """
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
for (const line of readFileSync(0, "latin1").split("\\n").slice(0, -1)) {
  const [value, compressed, password] = line.split(" ");
  try {
    const { timeUs, jpeg } = decode(Buffer.from(value, "hex"),
      { compressed: compressed === "1", password: password.replaceAll("_", " ") });
    console.log(`${timeUs ?? "none"} ${createHash("sha256").update(jpeg).digest("hex")}`);
  } catch {
    console.log("refused");
  }
}
"""
_JAVA = """
class Main {
    public static void main(String[] arguments) throws Exception {
        var lines = new java.io.BufferedReader(new java.io.InputStreamReader(System.in)).lines().toList();
        var sha256 = java.security.MessageDigest.getInstance("SHA-256");
        for (String line : lines) {
            String[] words = line.split(" ");
            try {
                var frame = Decoder.decode(
                    HexFormat.of().parseHex(words[0]), words[1].equals("1"), words[2].replace("_", " "));
                String time = frame.timeUs() == null ? "none" : frame.timeUs().toString();
                System.out.println(time + " " + HexFormat.of().formatHex(sha256.digest(frame.jpeg())));
            } catch (Exception error) {
                System.out.println("refused");
            }
        }
    }
}
"""


def code_of_the_page(language: str) -> str:
    (code,) = [
        block
        for block in fenced((PROJECT / "docs" / "kafka.md").read_text("utf-8"), language)
        if "c3011f9c0c91eb33664f" in block
    ]
    return code


def in_python(folder: Path) -> list[str]:
    program = folder / "decoder.py"
    program.write_text(code_of_the_page("python") + _PYTHON)
    return [sys.executable, str(program)]


def in_node(folder: Path) -> list[str]:
    if shutil.which("node") is None:
        leave_out("Node.js: not installed")
    program = folder / "decoder.mjs"
    program.write_text(code_of_the_page("javascript") + _NODE)
    return ["node", str(program)]


def in_java(folder: Path) -> list[str]:
    if shutil.which("javac") is None:
        leave_out("a JDK (the compiler of Java): not installed")
    imports, start, rest = code_of_the_page("java").partition("/** A frame")
    program = folder / "Decoder.java"
    program.write_text(imports + _JAVA + start + rest)  # the first class is the one that is run
    return ["java", str(program)]


@pytest.fixture(params=[in_python, in_node, in_java], ids=["python", "node", "java"])
def decoder(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The command that decodes lines of messages."""
    command: list[str] = request.param(tmp_path)
    return command


def test_the_decoders_of_the_page(messages: list[Captured], decoder: list[str]) -> None:
    """They get time and JPEG of each message, and refuse what was cut off."""
    lines = "".join(f"{message.line}\n" for message in messages)
    done = subprocess.run(decoder, input=lines, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    wrong = [
        (message.line[:80], message.expected, found)
        for message, found in zip(messages, done.stdout.splitlines(), strict=True)
        if found != message.expected
    ]
    assert wrong == []
    assert sum(message.expected != _REFUSED for message in messages) == 2 * len(SENDERS)
