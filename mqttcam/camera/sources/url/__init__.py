"""Cameras in the network.

| file | knows |
| --- | --- |
| `source.py` | the source: which kind an address is, open, read, close |
| `address.py` | the address and its secrets |
| `reader_thread.py` | a connection that blocks, in a thread of its own; the newest frame wins |
| `http_client.py` | HTTP: an endless answer (MJPEG), or one picture a request |
| `multipart.py` | the parts of an endless answer |
| `rtsp.py` | RTSP, through PyAV |
"""

from mqttcam.camera.sources.url.source import UrlCamera

__all__ = ["UrlCamera"]
