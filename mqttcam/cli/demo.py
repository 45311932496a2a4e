"""`mqttcam demo`: the whole daemon, with a test pattern, an embedded broker and the web page on loopback."""

from __future__ import annotations

import socket
from pathlib import Path

from mqttcam import log
from mqttcam.cli.outcome import UsageError
from mqttcam.run.process import run_daemon
from mqttcam.run.services import Services
from mqttcam.settings import Settings

NODE, CAMERA = "demo", "test"
MQTT_PORT, WEB_PORT = 1883, 8080
_HOST = "127.0.0.1"


def demo_settings(mqtt_port: int, web_port: int, state_dir: Path) -> Settings:
    """Return the configuration of the demo."""
    return Settings.model_validate(
        {
            "node": NODE,
            "state_dir": state_dir,
            "broker": {"enabled": True, "port": mqtt_port},
            "web": {"enabled": True, "port": web_port},
            "log": {"level": "WARNING"},
            "cameras": {
                CAMERA: {
                    "name": "Test picture",
                    "source": {"type": "test_pattern"},
                    "size": "1280x720",
                    "image": {"fps": 2},
                    "motion": {"clear_after": 3},
                }
            },
        }
    )


def run_demo(mqtt_port: int | None, web_port: int | None, state_dir: Path) -> int:
    """Run until Ctrl-C, and return the exit code; print what to open and subscribe to once everything has started.

    Args:
        mqtt_port, web_port: `None` is the usual port, or a free one if that is in use.

    Raises:
        UsageError: A port is out of range.
    """
    for port in (mqtt_port, web_port):
        if port is not None and not 0 <= port <= 65535:
            raise UsageError(f"port {port} is out of range; allowed: 0 to 65535")
    ports = [
        _or_free_port(usual) if port is None else port
        for port, usual in ((mqtt_port, MQTT_PORT), (web_port, WEB_PORT))
    ]
    settings = demo_settings(ports[0], ports[1], state_dir)
    log.set_up(settings.log.level, settings.log.format)
    return run_daemon(settings, lambda: settings, on_ready=_print_instructions)


def _or_free_port(port: int) -> int:
    try:
        with socket.create_server((_HOST, port)):
            return port
    except OSError:
        return 0


def _print_instructions(services: Services) -> None:
    port = services.broker_port
    base = f"mqttcam/{NODE}/{CAMERA}"
    print(
        f"""mqttcam demo: a moving test picture, on this machine only. Press Ctrl-C to stop.

  open        {services.web_url}
  broker      127.0.0.1, port {port} (MQTT 5 and 3.1.1), no password
  a picture   mosquitto_sub -p {port} -C 1 -t {base}/image > picture.jpg
  values      mosquitto_sub -p {port} -v -t '{base}/state' -t '{base}/result'
  change it   mosquitto_pub -p {port} -t {base}/set -m '{{"brightness": 0.3}}'
  motion      mosquitto_sub -p {port} -v -t {base}/event     (waits; set "Speed" to 0, ten seconds later to 1)
  snapshot    mosquitto_sub -p {port} -C 1 -t {base}/snapshot > snapshot.jpg     (waits; in another terminal:)
              mosquitto_pub -p {port} -t {base}/cmd/snapshot -n

Home Assistant on this machine: add the MQTT integration with this broker; the camera appears by itself.""",
        flush=True,
    )
