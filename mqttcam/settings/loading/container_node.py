"""The node of a container without `node`, kept in the state folder: each new container has another host name."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from mqttcam.files import read_regular
from mqttcam.settings.settings import Settings, default_node
from mqttcam.text import MAX_ID, is_id

log = logging.getLogger(__name__)

_FILE = "node"
_CONTAINER_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")
"""The host name that Docker and Podman give to a container."""
_POD_NAME = re.compile(r".+-[0-9a-f]{6,10}-[a-z0-9]{5}")
"""The host name of a pod of a Kubernetes deployment."""


def is_generated(host_name: str, environ: Mapping[str, str]) -> bool:
    """Return whether a host name was made up for one container."""
    in_pod = bool(environ.get("KUBERNETES_SERVICE_HOST"))
    return bool(_CONTAINER_ID.fullmatch(host_name) or (in_pod and _POD_NAME.fullmatch(host_name)))


def default_or_kept_node(state_dir: Path, environ: Mapping[str, str]) -> str:
    """Return the default of `node`: the host name as a slug, or in a container the kept one, if there is one."""
    if is_generated(socket.gethostname(), environ):
        try:
            kept = read_regular(state_dir / _FILE).decode("ascii").strip()
        except (OSError, ValueError):
            kept = ""
        if is_id(kept) and len(kept) <= MAX_ID:
            return kept
    return default_node()


def keep_node(settings: Settings, environ: Mapping[str, str]) -> None:
    """Keep the node if it is a container's host name, and log a warning: the file may end with the container."""
    if settings.node != default_node() or not is_generated(socket.gethostname(), environ):
        return
    file = settings.state_dir / _FILE
    try:
        if not file.exists():
            settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(f"{settings.node}\n", encoding="ascii")
        kept = f"it is kept in {file}, which has to be on a volume"
    except OSError as error:
        kept = f"it cannot be kept in {file}: {error.strerror}"
    log.warning(
        "node %s: this host name was made up for this container, and the next container would be a new device in "
        "Home Assistant; %s. Better set `node` (MQTTCAM__NODE)",
        settings.node,
        kept,
    )
