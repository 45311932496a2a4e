"""`mqttcam demo`: the whole daemon, with a test pattern, an embedded broker on loopback, and the web page.

Other machines can open the page too, since a Pi often has no screen. Everyone who reaches it sees the test picture.
Changes need the token in the printed link, which is new at each start, or a browser on this machine. On a machine with
a public address, the page is on loopback unless `--web-host` names another address.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from functools import partial
from pathlib import Path

from mqttcam import log
from mqttcam.cli.outcome import UsageError
from mqttcam.run.process import run_daemon
from mqttcam.run.services import Services
from mqttcam.settings import Settings
from mqttcam.settings.web import is_loopback
from mqttcam.web.address import lan_address

NODE, CAMERA = "demo", "test"
MQTT_PORT, WEB_PORT = 1883, 8080
LOOPBACK, EVERY_INTERFACE = "127.0.0.1", "0.0.0.0"


def demo_settings(mqtt_port: int, web_host: str, web_port: int, state_dir: Path) -> Settings:
    """Return the configuration of the demo."""
    web: dict[str, object] = {"enabled": True, "host": web_host, "port": web_port}
    if not is_loopback(web_host):
        web |= {
            "anonymous": "live",
            "tokens": {NODE: {"token": secrets.token_urlsafe(18), "role": "admin"}},
            "trusted_networks": ["127.0.0.0/8", "::1/128"],
        }
    return Settings.model_validate(
        {
            "node": NODE,
            "state_dir": state_dir,
            "broker": {"enabled": True, "port": mqtt_port},
            "web": web,
            "recordings": {"keep": {"size": "500MB"}},
            "log": {"level": "WARNING"},
            "cameras": {
                CAMERA: {
                    "name": "Test picture",
                    "source": {"type": "test_pattern"},
                    "size": "1280x720",
                    "image": {"fps": 2},
                    # Nothing moves until the button "Bounce" is pressed.
                    "controls": {"Speed": 0},
                    "motion": {"clear_after": 3},
                    "record": {"before": 5, "after": 3},
                }
            },
        }
    )


def run_demo(mqtt_port: int | None, web_host: str | None, web_port: int | None, state_dir: Path) -> int:
    """Run until Ctrl-C, and return the exit code; print what to open and subscribe to once everything has started.

    Args:
        mqtt_port, web_port: `None` is the usual port, or a free one if that is in use.
        web_host: the address that the page listens on; `None` is every interface in a private network, else loopback.

    Raises:
        UsageError: A port is out of range, or the host is not an address.
    """
    for port in (mqtt_port, web_port):
        if port is not None and not 0 <= port <= 65535:
            raise UsageError(f"port {port} is out of range; allowed: 0 to 65535")
    host = usual_web_host(lan_address()) if web_host is None else listen_address(web_host)
    settings = demo_settings(
        or_free_port(LOOPBACK, MQTT_PORT) if mqtt_port is None else mqtt_port,
        host,
        or_free_port(host, WEB_PORT) if web_port is None else web_port,
        state_dir,
    )
    log.set_up(settings.log.level, settings.log.format)
    return run_daemon(settings, lambda: settings, on_ready=partial(_print_instructions, settings))


def usual_web_host(lan: str | None) -> str:
    """Return every interface if this machine's address is private; loopback if it is public or None."""
    return EVERY_INTERFACE if lan is not None and ipaddress.ip_address(lan).is_private else LOOPBACK


def listen_address(host: str) -> str:
    """Return the address to listen on that `--web-host` names.

    Raises:
        UsageError: it is not an address.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise UsageError(
            f"--web-host {host}: is not an address; allowed: one of this machine, or {EVERY_INTERFACE} for all"
        ) from None


def or_free_port(host: str, port: int) -> int:
    """Return `port`, or 0 for any free one if it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return port
    except OSError:
        return 0


def _link(settings: Settings, url: str) -> tuple[str, str]:
    """Return the address to open, and from where that works."""
    if is_loopback(settings.web.host):
        return url, f"on this machine alone (other machines too: --web-host {EVERY_INTERFACE})"
    token = settings.web.tokens[NODE].token.get_secret_value()
    only_here = f"on this machine alone: --web-host {LOOPBACK}"
    return (
        f"{url}#token={token}",
        f"on any device in this network; without the token, only to look ({only_here})",
    )


def _print_instructions(settings: Settings, services: Services) -> None:
    port = services.broker_port
    base = f"mqttcam/{NODE}/{CAMERA}"
    address, where = _link(settings, services.web_url or "")
    print(
        f"""mqttcam demo: a camera with a test picture. Press Ctrl-C to stop.

  open        {address}
              {where}
  broker      {LOOPBACK}, port {port} (MQTT 5 and 3.1.1), no password, on this machine only
  a picture   mosquitto_sub -p {port} -C 1 -t {base}/image > picture.jpg
  values      mosquitto_sub -p {port} -v -t '{base}/state' -t '{base}/result'
  change it   mosquitto_pub -p {port} -t {base}/set -m '{{"brightness": 0.3}}'
  motion      press "Bounce" on the page: 15 seconds later "Events" there has the video, from 5 seconds before it on
              mosquitto_sub -p {port} -v -t {base}/event     (waits; in another terminal:)
              mosquitto_pub -p {port} -t {base}/cmd/bounce -n
  snapshot    mosquitto_sub -p {port} -C 1 -t {base}/snapshot > snapshot.jpg     (waits; in another terminal:)
              mosquitto_pub -p {port} -t {base}/cmd/snapshot -n

Home Assistant on this machine: add the MQTT integration with this broker; the camera appears by itself.""",
        flush=True,
    )
