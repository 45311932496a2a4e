"""The page's files: compressed, revalidated, and light enough."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from mqttcam.web.static_files import STATIC
from tests.web.browser import Page
from tests.web.serving import Served, client, serving, serving_in_thread

SCRIPT = "/static/app.js"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
LARGEST_FIRST_VIEW = 150_000
"""Bytes, compressed and with headers, without pictures."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_in_thread({"front": {}, "garden": {}}) as (found, _loop):
        yield found


@pytest.mark.parametrize("path", ["/", "/index.html", SCRIPT, "/static/base.css", "/static/icons.svg"])
async def test_text_is_compressed_for_clients_that_accept_that(path: str) -> None:
    whole = (STATIC / ("index.html" if "static" not in path else path.rsplit("/", 1)[1])).read_bytes()
    async with serving({}) as served, client(served, auto_decompress=False) as http:
        async with http.get(path, headers=GZIP) as response:
            data = await response.read()
            assert response.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(data) == whole
            assert int(response.headers["Content-Length"]) == len(data) < len(whole)
            assert response.headers["Vary"] == "Accept-Encoding"
            tag = response.headers["ETag"]
        async with http.head(path, headers=GZIP) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert int(response.headers["Content-Length"]) == len(data)
        async with http.get(path, headers=GZIP | {"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
            assert response.headers["ETag"] == tag
            assert response.headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")
        async with http.get(path, headers=GZIP | {"If-None-Match": '"another"'}) as response:
            assert response.status == 200


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br, gzip; q=0.0"])
async def test_others_get_it_as_it_is(accepted: str) -> None:
    whole = (STATIC / "app.js").read_bytes()
    async with serving({}) as served, client(served, auto_decompress=False) as http:
        async with http.get(SCRIPT, headers={"Accept-Encoding": accepted}) as response:
            assert "Content-Encoding" not in response.headers
            assert await response.read() == whole
            tag = response.headers["ETag"]
        async with http.get(SCRIPT, headers={"Accept-Encoding": accepted, "If-None-Match": tag}) as response:
            assert response.status == 304


async def test_a_range_is_one_of_the_file_and_pictures_are_not_compressed_again() -> None:
    whole = (STATIC / "app.js").read_bytes()
    async with serving({}) as served, client(served, auto_decompress=False) as http:
        async with http.get(SCRIPT, headers=GZIP | {"Range": "bytes=3-12"}) as response:
            assert (response.status, await response.read()) == (206, whole[3:13])
        through_ingress = GZIP | {"X-Ingress-Path": "/api/hassio_ingress/t0ken"}
        for path in (SCRIPT, "/api/cameras"):
            async with http.get(path, headers=through_ingress) as response:
                assert "Content-Encoding" not in response.headers, "ingress would cut that off"
        async with http.get("/static/unavailable.jpg", headers=GZIP) as response:
            assert "Content-Encoding" not in response.headers
            assert (await response.read())[:2] == b"\xff\xd8"


async def test_the_list_of_cameras_is_compressed_as_it_grows_with_them() -> None:
    async with serving() as served, client(served, auto_decompress=False) as http:
        async with http.get("/api/cameras", headers=GZIP) as response:
            assert response.headers["Content-Encoding"] in ("gzip", "deflate")
        async with http.get("/api/cameras", headers={"Accept-Encoding": "identity"}) as response:
            assert (await response.json())["cameras"][0]["id"] == "front"


@pytest.mark.parametrize("view", ["#/", "#/front"])
def test_the_first_view_is_light(page: Page, served: Served, view: str) -> None:
    page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    page.open(f"{served.url}/{view}")
    page.find(".stage[data-status=running]")
    files: list[dict[str, Any]] = page.script(
        """return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
          .filter(({name}) => !name.includes("/cameras/"))
          .map(({name, transferSize}) => ({name, size: transferSize}))"""
    )
    total = sum(file["size"] for file in files)
    assert len(files) > 20
    assert 20_000 < total < LARGEST_FIRST_VIEW, sorted(files, key=lambda file: -file["size"])[:8]
