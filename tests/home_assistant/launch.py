"""Run the real Home Assistant, inside the chroot that `setup.sh` makes.

One number in its code is changed, the quiet time before the MQTT integration's birth message. Its set-up differs:

- Fewer default integrations are loaded: no frontend, no recorder, no Bluetooth. `HA_TEST_INTEGRATIONS` adds some.
- It listens on the loopback interface, on port `HA_TEST_PORT`.
- An administrator is created, whose token is written to `HA_TEST_TOKEN_FILE`.
- The MQTT integration is set up through its configuration flow, as a user does, with the broker on `HA_TEST_MQTT_PORT`.
- Log records at INFO and above are written to `HA_TEST_LOG_FILE`, one JSON object per line.
"""
# mypy: ignore-errors

import json
import logging
import os
import sys
from datetime import timedelta
from pathlib import Path

from homeassistant import bootstrap
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN

INTEGRATIONS = {
    "api",
    "camera",
    "config",
    "device_automation",
    "http",
    "image",
    "repairs",
    "system_log",
    "websocket_api",
    *os.environ.get("HA_TEST_INTEGRATIONS", "").split(),
}
OTHER_SETTINGS = {"set_client_cert": False, "set_ca_cert": "off", "tls_insecure": False, "transport": "tcp"}
"""The collapsed section of the form, with its defaults."""
BIRTH_AFTER = float(os.environ.get("HA_TEST_BIRTH_AFTER", "1"))
"""Seconds without discovery messages before the birth message; Home Assistant's own value is 5."""


class JsonLines(logging.Handler):
    """Write log records to a file that the tests read."""

    def __init__(self, path: str) -> None:
        super().__init__(logging.INFO)
        self._file = Path(path).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        entry = {
            "time": record.created,
            "level": record.levelno,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["message"] += "\n" + logging.Formatter().formatException(record.exc_info)
        self._file.write(json.dumps(entry) + "\n")


async def set_up(hass) -> None:
    """Create the administrator with a token and the MQTT integration, unless an earlier start created them."""
    token_file = Path(os.environ["HA_TEST_TOKEN_FILE"])
    if not token_file.exists():
        user = await hass.auth.async_create_user("Tests", group_ids=[GROUP_ID_ADMIN])
        refresh = await hass.auth.async_create_refresh_token(
            user,
            client_name="tests",
            token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
            access_token_expiration=timedelta(days=1),
        )
        token = hass.auth.async_create_access_token(refresh)
        await hass.async_add_executor_job(token_file.write_text, token)
    if not hass.config_entries.async_entries("mqtt"):
        form = await hass.config_entries.flow.async_init("mqtt", context={"source": "user"})
        answers = {
            "broker": "127.0.0.1",
            "port": int(os.environ["HA_TEST_MQTT_PORT"]),
            "other_settings": OTHER_SETTINGS,
        }
        result = await hass.config_entries.flow.async_configure(form["flow_id"], answers)
        if result["type"] != "create_entry":
            raise RuntimeError(f"the MQTT integration cannot be set up: {result}")


def prepare() -> None:
    """Make the changes that the module's docstring lists."""
    bootstrap.DEFAULT_INTEGRATIONS = INTEGRATIONS
    bootstrap.DEFAULT_INTEGRATIONS_RECOVERY_MODE = INTEGRATIONS
    bootstrap.CRITICAL_INTEGRATIONS = set()

    from homeassistant.components.http import config as http_config
    from homeassistant.components.mqtt import client

    http_config._DEFAULT_CONFIG.update(server_host=["127.0.0.1"], server_port=int(os.environ["HA_TEST_PORT"]))
    client.DISCOVERY_COOLDOWN = BIRTH_AFTER

    enable_logging, setup_hass = bootstrap.async_enable_logging, bootstrap.async_setup_hass

    async def async_enable_logging(*args, **kwargs) -> None:
        await enable_logging(*args, **kwargs)
        logging.getLogger().addHandler(JsonLines(os.environ["HA_TEST_LOG_FILE"]))
        logging.getLogger("homeassistant.components.mqtt").setLevel(logging.INFO)

    async def async_setup_hass(*args, **kwargs):
        hass = await setup_hass(*args, **kwargs)
        await set_up(hass)
        return hass

    bootstrap.async_enable_logging = async_enable_logging
    bootstrap.async_setup_hass = async_setup_hass


if __name__ == "__main__":
    prepare()
    from homeassistant.__main__ import main

    sys.exit(main())
