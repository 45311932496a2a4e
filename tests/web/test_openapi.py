"""The OpenAPI document against the running API, by generated requests, good ones and bad ones."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from mqttcam.web import routes
from tests.web.serving import serving_in_thread

ENDLESS = ("/api/updates", "/cameras/front/stream.mjpg", "/cameras/front/stream.ts")
WEBSOCKETS = ("/cameras/front/live", "/api/cameras/front/motion")
CHANGES_EVERYTHING = "/api/cameras/front/cmd/restart_camera"
schemathesis.serializer.alias("application/zip", "application/octet-stream")
OF_WHAT_IS_THERE = ("/cmd/delete_preset", "/cmd/retry")
"""Which names they accept, more than their schema says, depends on the commands before."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving_in_thread() as (served, _loop):
        yield served.url


@pytest.fixture(scope="module")
def document(base_url: str) -> dict[str, Any]:
    return fetched(base_url)


def fetched(base_url: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{base_url}/api/openapi.json", timeout=60).json()
    return found


@pytest.fixture(scope="module")
def api(document: dict[str, Any], base_url: str) -> Any:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base_url)
    return schema.exclude(path=[*ENDLESS, *WEBSOCKETS, CHANGES_EVERYTHING])


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_generated_requests(api: Any, mode: schemathesis.GenerationMode) -> None:
    operations: list[Any] = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        check(operation, mode)


def check(operation: Any, mode: schemathesis.GenerationMode) -> None:
    """Send a dozen requests of one kind."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        if isinstance(case.body, dict):
            # A camera that is switched off answers 503 to the rest.
            case.body.pop("enabled", None)
            # That a window ends within its bounds is more than its schema says.
            case.body.pop("scaler_crop", None)
        # `set` also takes texts that mean the same (`"0.2"`), as over MQTT, which the document leaves out.
        excluded = [negative_data_rejection]
        if operation.path.endswith(OF_WHAT_IS_THERE):
            excluded.append(positive_data_acceptance)
        case.call_and_validate(excluded_checks=excluded)

    with contextlib.suppress(
        Unsatisfiable
    ):  # nothing can be wrong with a request that has neither query nor body
        run()


def test_every_declared_value_and_command_is_in_it(base_url: str) -> None:
    document = fetched(base_url)  # a request of another test may have saved a preset
    state = requests.get(f"{base_url}/api/cameras/front/state", timeout=60).json()
    paths = document["paths"]
    described = paths["/api/cameras/front/state"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    assert set(described["properties"]) == set(state)
    patch = paths["/api/cameras/front/set"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"brightness", "image_fps", "enabled", "request_id"} <= set(patch["properties"])
    assert patch["properties"]["brightness"]["minimum"] == -1
    for name in ("snapshot", "restart_camera"):
        assert f"/api/cameras/front/cmd/{name}" in paths
    for name in ("restart", "reload", "rediscover", "log_level"):
        assert f"/api/node/cmd/{name}" in paths
    # Each path is there, but for the page, and the first camera's other names.
    short = {
        "/",
        "/index.html",
        "/static/{file}",
        "/stream.mjpg",
        "/video_feed",
        "/video_feed2",
        "/photo_feed",
        "/photo_feed2",
    }
    for path in {*routes._GET, *routes._POST, *routes._PUT, *routes._DELETE} - short:
        known = re.sub(r"\{(\w+):[^{}]+\}", r"{\1}", path)
        if not known.startswith(("/files/", "/api/setup/")):
            known = known.replace("{camera}", "front")
        assert known in paths or known.endswith("/cmd/{command}"), path
    level = paths["/api/node/cmd/log_level"]["post"]["requestBody"]
    assert level["required"] is True
    assert level["content"]["application/json"]["schema"]["required"] == ["level"]
