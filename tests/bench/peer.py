"""The alternative that a user would choose: ha-mqtt-discoverable's Camera, fed with the same frames.

usage: peer.py PORT TOPIC RING WIDTH HEIGHT FPS QUALITY
"""

from __future__ import annotations

import sys
import time

import numpy as np
import simplejpeg
from ha_mqtt_discoverable import Settings
from ha_mqtt_discoverable.sensors import Camera, CameraInfo


def main() -> None:
    port, topic, ring, width, height, fps, quality = sys.argv[1:]
    w, h, rate = int(width), int(height), float(fps)
    raw = np.array(np.memmap(ring, np.uint8, "r")).reshape(-1, h * 3 // 2, w)
    frames = [(f[:h], *f[h:].reshape(2, h // 2, w // 2)) for f in raw]
    camera = Camera(
        Settings(
            mqtt=Settings.MQTT(host="127.0.0.1", port=int(port)),
            entity=CameraInfo(name="bench", unique_id="bench", topic=topic),
        )
    )
    started = time.perf_counter()
    seq = 0
    while True:
        if (wait := started + seq / rate - time.perf_counter()) > 0:
            time.sleep(wait)
        camera.set_payload(
            simplejpeg.encode_jpeg_yuv_planes(*frames[seq % len(frames)], quality=int(quality))
        )
        seq += 1


if __name__ == "__main__":
    main()
