"""The side that is measured: mqttcam's camera and web server, in a process of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tests.bench.frames import ring


async def serve(camera: Mapping[str, object]) -> None:
    """Run the real web server with one camera, `front`, for ever; print the port when it listens."""
    from tests.web.serving import serving

    async with serving({"front": dict(camera)}) as served:
        print(served.server.port, flush=True)
        await asyncio.Event().wait()


async def serve_ring(width: int, height: int, fps: float) -> None:
    """Run `serve` with a camera that gives the frames of the ring."""
    source = {"type": "file", "path": str(ring(width, height)), "format": "yuv420"}
    await serve({"source": source, "size": f"{width}x{height}", "frame_rate": fps})
