"""Parameters from SINETStream's configuration server, with secrets decrypted by our private key.

SINETStream makes the requests. Added here: timeouts, a proxy, and no prompt for a passphrase on the terminal.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqttcam.files import write_atomically
from mqttcam.outputs.kafka.parameters import DEFAULTS, for_kafka_python, given_parameters
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import WriterFailed
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.text import shown

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

log = logging.getLogger(__name__)

_USERS_FOLDER = Path("~/.config/sinetstream")
"""The folder in which SINETStream itself looks for both files."""
_OUR_FOLDER = "sinetstream"
"""The folder in the state folder where we write what is configured: a service has no home."""
_AUTH, _KEY = "auth.json", "private_key.pem"
_COMMON = {
    "brokers", "client_id", "compression", "consistency", "crypto", "data_compression", "data_encryption",
    "message_format", "tls", "topic", "topics", "type", "type_spec", "user_data_only", "value_type",
}  # fmt: skip
"""SINETStream's own parameters; in version 2 of its format, those of the Kafka client are next to them."""
_lock = threading.Lock()
_last: dict[tuple[str | None, str | None], dict[str, Any]] = {}
"""The server's last answer for each configuration and service; `_away` has those that it does not answer now."""
_away: set[tuple[str | None, str | None]] = set()


def fetch(settings: KafkaSettings, client_id: str, state_dir: Path, timing: OutputTiming) -> dict[str, Any]:
    """Return a writer's parameters, with the Kafka client's under `type_spec`; the last ones if there is no answer.

    Raises:
        WriterFailed: the server is unreachable, or refuses, and there is no earlier answer; or its answer cannot be
            used.
    """
    key = (settings.config, settings.service)
    with _lock:
        try:
            _last[key] = _ask(settings, state_dir / _OUR_FOLDER, timing)
            _away.discard(key)
        except WriterFailed as error:
            if key not in _last:
                raise
            level = logging.DEBUG if key in _away else logging.WARNING
            _away.add(key)
            log.log(level, "%s; using its last answer", error)
        parameters = copy.deepcopy(_last[key])
    try:
        return _for_writer(parameters, settings, client_id)
    except (AttributeError, TypeError, ValueError) as error:
        raise WriterFailed(f"the configuration server {_unusable(error)}") from error


def _ask(settings: KafkaSettings, folder: Path, timing: OutputTiming) -> dict[str, Any]:
    from sinetstream import configs
    from sinetstream.error import AuthorizationError, NoServiceError, SinetError

    try:
        auth = _auth(settings, folder)
        address = _address(auth)
        configs.set_key_cache(_key(settings, folder))
    except OSError as error:
        raise WriterFailed(f"{error.filename}: {error.strerror}") from error
    server = f"the configuration server {_plain_address(address)}"
    try:
        version, _service, parameters = configs.get_config_params(
            settings.service,
            settings.config,
            auth_path=str(auth),
            mount_args=(address, _adapter(settings, timing)),
        )
        if not version.type_spec():
            flat = {name: parameters.pop(name) for name in list(parameters) if name not in _COMMON}
            parameters["type_spec"] = flat | parameters.get("type_spec", {})
        return dict(parameters)
    except AuthorizationError as error:
        raise WriterFailed(f"{server} does not accept auth.json") from error
    except NoServiceError as error:
        service = f" with the service {settings.service}" if settings.service else ""
        raise WriterFailed(f"{server} has no {settings.config}{service}") from error
    except SinetError as error:
        words = " ".join(str(error).split())[:200]
        raise WriterFailed(f"{server}: {type(error).__name__}: {words}") from error
    except Exception as error:
        raise WriterFailed(f"{server} {_why(error, settings)}") from error


def _why(error: Exception, settings: KafkaSettings) -> str:
    """Return the reason of an error without its text, which may contain what the server sent, secrets included."""
    from requests import ConnectionError as NoConnection
    from requests.exceptions import SSLError, Timeout

    proxy = settings.https_proxy
    through = f" through the proxy {_plain_address(proxy.get_secret_value())}" if proxy is not None else ""
    if isinstance(error, FileNotFoundError):
        return "has encrypted values, for which `private_key` is missing"
    if isinstance(error, SSLError):
        return f"is unreachable: TLS failed{through}"
    if isinstance(error, Timeout):
        return f"does not answer{through}"
    if isinstance(error, NoConnection):
        return f"is unreachable{through}"
    return _unusable(error)


def _unusable(error: Exception) -> str:
    return f"sent a configuration that cannot be used ({type(error).__name__})"


def _plain_address(url: str) -> str:
    """Return a URL without user name and password."""
    head, separator, rest = url.rpartition("://")
    return f"{head}{separator}{rest.rpartition('@')[2]}"


def _auth(settings: KafkaSettings, folder: Path) -> Path:
    """Return the file with the login: the user's own if there is one, as with SINETStream, or else ours.

    Raises:
        WriterFailed: there is none.
        OSError: ours cannot be written.
    """
    users = _users_file(_AUTH)
    if users is not None:
        return users
    if settings.auth is None:
        raise WriterFailed(f"the configuration server needs `auth`, or the file {_USERS_FOLDER / _AUTH}")
    return _written(folder / _AUTH, settings.auth.get_secret_value())


def _key(settings: KafkaSettings, folder: Path) -> object | None:
    """Return the private key as SINETStream keeps it: the configured one, or else the user's own; None without either.

    Raises:
        WriterFailed: it cannot be read as a key: SINETStream would ask for a passphrase on the terminal.
        OSError: it cannot be written.
    """
    from Cryptodome.PublicKey import RSA
    from sinetstream import configs

    if settings.private_key is not None:
        path = _written(folder / _KEY, settings.private_key.get_secret_value() + "\n")
    elif (users := _users_file(_KEY)) is not None:
        path = users
    else:
        return None
    try:
        RSA.import_key(path.read_bytes(), passphrase=os.environ.get("SINETSTREAM_PRIVATE_KEY_PASSPHRASE"))
    except (ValueError, IndexError, TypeError) as error:
        hint = "if it is encrypted, set SINETSTREAM_PRIVATE_KEY_PASSPHRASE"
        raise WriterFailed(f"{path} cannot be read as an RSA key ({hint})") from error
    key: object = configs.load_private_key(path)
    return key


def _users_file(name: str) -> Path | None:
    """Return the user's own file for SINETStream; None if there is none that can be read."""
    try:
        path = (_USERS_FOLDER / name).expanduser()
    except RuntimeError:
        return None  # this user has no home
    return path if os.access(path, os.R_OK) else None


def _written(path: Path, text: str) -> Path:
    """Write a file for this user alone, unless it has this text already."""
    try:
        unchanged = path.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        unchanged = False
    if not unchanged:
        write_atomically(path, text.encode())
    return path


def _address(auth: Path) -> str:
    try:
        return str(json.loads(auth.read_text("utf-8"))["config-server"]["address"])
    except (ValueError, KeyError, TypeError) as error:
        raise WriterFailed(f"{auth} is not an auth.json") from error


def _adapter(settings: KafkaSettings, timing: OutputTiming) -> HTTPAdapter:
    from requests.adapters import HTTPAdapter
    from requests.utils import should_bypass_proxies

    proxy = settings.https_proxy.get_secret_value() if settings.https_proxy else None
    default_timeout = (timing.server_connect, timing.server_answer)

    class Adapter(HTTPAdapter):
        """Applies timeouts and the configured proxy."""

        def send(
            self,
            request: requests.PreparedRequest,
            stream: bool = False,
            timeout: float | tuple[float | None, float | None] | None = None,
            verify: bool | str = True,
            cert: str | tuple[str, str] | None = None,
            proxies: dict[str, str] | None = None,
        ) -> requests.Response:
            through = proxies
            if proxy is not None and not should_bypass_proxies(request.url or "", no_proxy=None):
                through = {"http": proxy, "https": proxy}
            return super().send(request, stream, timeout or default_timeout, verify, cert, through)

    return Adapter()


def _for_writer(parameters: dict[str, Any], settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Return the server's parameters, overridden by those of the settings, as SINETStream's arguments do."""
    topics = settings.topic or parameters.get("topic") or parameters.get("topics")
    parameters["topic"] = topics[0] if isinstance(topics, list) and topics else topics
    parameters.pop("topics", None)
    given = settings.model_fields_set - {"type"}
    ours = settings.as_parameters().items()
    parameters |= {name: value for name, value in ours if name in given and value != []}
    if isinstance(brokers := parameters.get("brokers"), str):
        parameters["brokers"] = [part.strip() for part in brokers.split(",") if part.strip()]
    for name in ("brokers", "topic"):
        if not parameters.get(name):
            raise WriterFailed(f"{settings.config} on the configuration server has no {name}")
    if parameters.get("type", "kafka") != "kafka":
        raise WriterFailed(
            f"{settings.config} on the configuration server is for {shown(parameters['type'])!r}, not Kafka"
        )
    parameters.pop("client_id", None)
    if "consistency" in given or "consistency" not in parameters:
        parameters["consistency"] = settings.consistency
    parameters.setdefault("type", "kafka")
    parameters["value_type"] = "byte_array"
    own = given_parameters(settings, secure=bool(parameters.get("tls")))
    spec: dict[str, Any] = {**DEFAULTS, "client_id": client_id}
    if not (settings.security_protocol or settings.type_spec.security_protocol):
        # It is only derived from the other settings, so the server's overrides it.
        spec["security_protocol"] = own.pop("security_protocol", "PLAINTEXT")
    spec |= parameters.get("type_spec", {}) | own
    # Secrets are bytes; kafka-python expects text.
    spec = {name: value.decode() if isinstance(value, bytes) else value for name, value in spec.items()}
    parameters["type_spec"] = for_kafka_python(spec)
    return parameters
