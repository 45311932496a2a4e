"""The source `url`: cameras in the network.

| file | knows |
| --- | --- |
| `source.py` | the source: the kind of an address, open, read, close |
| `address.py` | the address, without its secrets in logs |
| `reader_thread.py` | a blocking connection in a thread of its own; the newest frame wins |
| `http_client.py` | HTTP: MJPEG streams, or one picture per request |
| `multipart.py` | the parts of an MJPEG stream |
| `rtsp.py` | RTSP, through PyAV |
"""

from mqttcam.camera.sources.url.source import UrlCamera

__all__ = ["UrlCamera"]
