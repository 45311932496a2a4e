"""Parameters from SINETStream's configuration server, secrets opened with our private key.

SINETStream does the asking. Added here: time limits, a proxy, and no question for a passphrase on a terminal.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqttcam.outputs.kafka.parameters import DEFAULTS
from mqttcam.outputs.writer import WriterFailed
from mqttcam.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

log = logging.getLogger(__name__)

FOLDER = Path("~/.config/sinetstream")
"""Where SINETStream looks for both files; it cannot be told otherwise."""
_TIMEOUT = (5.0, 10.0)
_OWNER_READS = 0o400
_COMMON = {
    "brokers", "client_id", "compression", "consistency", "crypto", "data_compression", "data_encryption",
    "message_format", "tls", "topic", "topics", "type", "type_spec", "user_data_only", "value_type",
}  # fmt: skip
"""SINETStream's own parameters; in version 2 of its format the Kafka client's stand beside them."""
_lock = threading.Lock()
_last: dict[tuple[str | None, str | None], dict[str, Any]] = {}


def fetch(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """A writer's parameters, with the Kafka client's under `type_spec`; the last ones while the server is away.

    Raises:
        WriterFailed: the server cannot be asked, or refuses.
    """
    key = (settings.config, settings.service)
    with _lock:
        try:
            _last[key] = _ask(settings)
        except WriterFailed as error:
            if key not in _last:
                raise
            log.warning("%s: going on with what it said before", error)
        parameters = copy.deepcopy(_last[key])
    return _for_writer(parameters, settings, client_id)


def _ask(settings: KafkaSettings) -> dict[str, Any]:
    from sinetstream import configs
    from sinetstream.error import AuthorizationError, NoServiceError, SinetError

    try:
        address = _prepare(settings)
        version, _service, parameters = configs.get_config_params(
            settings.service, settings.config, mount_args=(address, _adapter(settings))
        )
    except AuthorizationError as error:
        raise WriterFailed("the configuration server refuses our auth.json") from error
    except NoServiceError as error:
        raise WriterFailed(f"the configuration server has no {settings.config}") from error
    except SinetError as error:
        raise WriterFailed(f"the configuration server: {type(error).__name__}: {str(error)[:200]}") from error
    except WriterFailed:
        raise
    except Exception as error:
        # Not its text: what the server sent, secrets too, may be in it.
        raise WriterFailed(f"the configuration server cannot be asked ({type(error).__name__})") from error
    if not version.type_spec():
        flat = {name: parameters.pop(name) for name in list(parameters) if name not in _COMMON}
        parameters["type_spec"] = flat | parameters.get("type_spec", {})
    return dict(parameters)


def _prepare(settings: KafkaSettings) -> str:
    """Write the two files as the reference sender does; the server's address.

    Raises:
        WriterFailed: one is missing or no good.
    """
    folder = FOLDER.expanduser()
    auth, key = folder / "auth.json", folder / "private_key.pem"
    if not auth.exists():
        if settings.auth is None:
            raise WriterFailed(f"neither `auth` nor {auth} is there for the configuration server")
        _write(auth, settings.auth.get_secret_value())
    if settings.private_key is not None:
        _write(key, settings.private_key.get_secret_value() + "\n")
    if key.exists():
        _check_key(key)
    try:
        return str(json.loads(auth.read_text("utf-8"))["config-server"]["address"])
    except (ValueError, KeyError, TypeError) as error:
        raise WriterFailed(f"{auth} is not an auth.json") from error


def _write(path: Path, text: str) -> None:
    """For the owner's eyes alone from the first moment, and whole or not at all."""
    if path.exists() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_READS), "w") as file:
        file.write(text)
    new.replace(path)


def _check_key(path: Path) -> None:
    """SINETStream would ask for a passphrase on the terminal."""
    from Cryptodome.PublicKey import RSA

    try:
        RSA.import_key(path.read_bytes(), passphrase=os.environ.get("SINETSTREAM_PRIVATE_KEY_PASSPHRASE"))
    except (ValueError, IndexError, TypeError) as error:
        hint = "is it encrypted? SINETSTREAM_PRIVATE_KEY_PASSPHRASE opens it"
        raise WriterFailed(f"{path} cannot be read as an RSA key ({hint})") from error


def _adapter(settings: KafkaSettings) -> HTTPAdapter:
    from requests.adapters import HTTPAdapter

    proxy = settings.https_proxy.get_secret_value() if settings.https_proxy else None

    class Patient(HTTPAdapter):
        """Waits for a limited time, and takes the proxy that was configured."""

        def send(
            self,
            request: requests.PreparedRequest,
            stream: bool = False,
            timeout: float | tuple[float | None, float | None] | None = None,
            verify: bool | str = True,
            cert: str | tuple[str, str] | None = None,
            proxies: dict[str, str] | None = None,
        ) -> requests.Response:
            through = proxies if proxy is None else {"http": proxy, "https": proxy}
            return super().send(request, stream, timeout or _TIMEOUT, verify, cert, through)

    return Patient()


def _for_writer(parameters: dict[str, Any], settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    topics = settings.topic or parameters.get("topic") or parameters.get("topics")
    parameters["topic"] = topics[0] if isinstance(topics, list) and topics else topics
    parameters.pop("topics", None)
    if settings.brokers:
        parameters["brokers"] = list(settings.brokers)
    for name in ("brokers", "topic"):
        if not parameters.get(name):
            raise WriterFailed(f"{settings.config} on the configuration server has no {name}")
    if parameters.get("type", "kafka") != "kafka":
        raise WriterFailed(
            f"{settings.config} on the configuration server is for {parameters['type']}, not Kafka"
        )
    parameters.pop("client_id", None)
    parameters.setdefault("consistency", settings.consistency)
    parameters.setdefault("type", "kafka")
    parameters["value_type"] = "byte_array"
    parameters["type_spec"] = {**DEFAULTS, "client_id": client_id, **parameters.get("type_spec", {})}
    return parameters
