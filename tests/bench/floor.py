"""The floor: raw planar frames, simplejpeg, one MQTT socket, and nothing else.

usage: floor.py PORT TOPIC RING WIDTH HEIGHT FPS QUALITY   (FPS 0: as fast as it goes)
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import simplejpeg

from tests.bench.wire import Publisher


def main() -> None:
    port, topic, ring, width, height, fps, quality = sys.argv[1:]
    w, h, rate = int(width), int(height), float(fps)
    raw = np.memmap(ring, np.uint8, "r").reshape(-1, h * 3 // 2, w)
    frames = [(f[:h], *f[h:].reshape(2, h // 2, w // 2)) for f in raw]
    publisher = Publisher(int(port), topic)
    started = time.perf_counter()
    seq = 0
    while True:
        if rate and (wait := started + seq / rate - time.perf_counter()) > 0:
            time.sleep(wait)
        ts_ns = time.time_ns()
        jpeg = simplejpeg.encode_jpeg_yuv_planes(*frames[seq % len(frames)], quality=int(quality))
        publisher.publish(jpeg, ts_ns, seq)
        seq += 1


if __name__ == "__main__":
    main()
