"""Runs the real Home Assistant; started in the chroot that `setup.sh` makes, by the Python that is there.

One number of its MQTT integration is changed, the quiet time before its birth message. Besides that

- fewer of the default integrations are loaded: no web page, no database, no Bluetooth; `HA_TEST_INTEGRATIONS` names
  more of them, separated by spaces;
- it listens on loopback, on `HA_TEST_PORT`;
- it gets an administrator, whose token is written to `HA_TEST_TOKEN_FILE`, and its MQTT integration is set up
  by the same form that a person fills in, with the broker on `HA_TEST_MQTT_PORT`;
- log records from INFO on are written to `HA_TEST_LOG_FILE`, one JSON object a line.
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
"""The folded part of that form, as it is when nobody opens it."""
BIRTH_AFTER = 1.0
"""Seconds without discovery before Home Assistant says that it is there; 5 in a real one."""


class JsonLines(logging.Handler):
    """Writes records to a file that the tests read."""

    def __init__(self, path: str) -> None:
        super().__init__(logging.INFO)
        self._file = Path(path).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
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
    """An administrator with a token, and the MQTT integration; what is there from an earlier start stays."""
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
    """Everything of the list above."""
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
