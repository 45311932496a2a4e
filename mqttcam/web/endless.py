"""An endless response, such as a stream of pictures or video."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache", "Age": "0"}


class EndlessResponse(web.StreamResponse):
    """An endless response without chunked encoding, ended by closing the connection.

    Simple clients do not decode chunks, and no other server of such streams sends any.
    """

    _length_check = False  # aiohttp's WebSockets use it, too, for a body that is neither counted nor chunked

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers={**headers, **NOT_CACHED})
        self.force_close()
