"""Zones and masks over HTTP."""

from __future__ import annotations

from typing import Any

from tests.web.credentials import TOKEN, bearer, users
from tests.web.serving import client, serving

HALF = [[0, 0], [0.5, 0], [0.5, 1]]
CORNER = [[0.9, 0.9], [1, 0.9], [1, 1]]
CAMERA: dict[str, dict[str, Any]] = {
    "front": {"motion": {"zones": {"gate": {"points": HALF}}}, "privacy": [{"points": CORNER}]},
    "shed": {},
}
PATH = "/api/cameras/front"


async def test_they_are_read_and_set() -> None:
    async with serving(CAMERA) as served, client(served) as http:
        assert await (await http.get(f"{PATH}/zones")).json() == {
            "zones": {"gate": {"points": HALF, "threshold": 0.5}},
            "masks": [],
            "privacy": [{"points": CORNER}],
            "from_configuration": True,
        }
        zones = {"road": {"points": CORNER, "threshold": 3}}
        answer = await http.post(f"{PATH}/cmd/set_zones", json={"zones": zones, "masks": [{"points": HALF}]})
        assert (answer.status, (await answer.json())["changed"]["zones"]) == (200, zones)
        found = await (await http.get(f"{PATH}/zones")).json()
        assert (found["zones"], found["masks"]) == (zones, [{"points": HALF}])
        assert found["from_configuration"] is False
        assert "zone_road" in await (await http.get(f"{PATH}/state")).json()
        answer = await http.post(f"{PATH}/cmd/set_zones", json={"masks": [{"points": CORNER[:2]}]})
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], error["field"]) == (400, "invalid_value", "masks.0.points")
        assert error["allowed"] == "3 to 100 points"
        await http.post(f"{PATH}/cmd/reset_zones")
        assert (await (await http.get(f"{PATH}/zones")).json())["from_configuration"] is True
        shed = await (await http.get("/api/cameras/shed/zones")).json()
        assert shed == {"zones": {}, "masks": [], "privacy": [], "from_configuration": True}


async def test_only_admins_may_set_them() -> None:
    async with serving(CAMERA, **users()) as served, client(served, headers=bearer(TOKEN[::-1])) as http:
        assert (await http.get(f"{PATH}/zones")).status == 200
        assert (await http.post(f"{PATH}/cmd/set_zones", json={"zones": {}})).status == 403
        assert (await http.post(f"{PATH}/cmd/reset_zones")).status == 403
    async with serving(CAMERA, **users()) as served, client(served) as http:
        assert (await http.get(f"{PATH}/zones")).status == 401


async def test_they_are_in_the_openapi_document() -> None:
    async with serving(CAMERA) as served, client(served) as http:
        paths = (await (await http.get("/api/openapi.json")).json())["paths"]
        body = paths[f"{PATH}/cmd/set_zones"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body["properties"]["zones"]["type"] == "object"
        assert body["properties"]["masks"]["type"] == "array"
        assert "/api/cameras/shed/cmd/set_zones" not in paths
