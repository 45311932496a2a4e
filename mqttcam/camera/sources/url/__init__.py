"""The source `url`: cameras in the network.

| file | knows |
| --- | --- |
| `source.py` | the source: the kind of an address, open, read, close |
| `address.py` | the address, without its secrets in logs |
| `reader_thread.py` | a blocking connection in a thread of its own; the newest frame wins |
| `reconnecting.py` | connects again after a failure |
| `http_frames.py` | HTTP: MJPEG streams, or one picture per request |
| `http_client.py` | HTTP requests, and their failures in words |
| `http_login.py` | Basic and Digest authentication |
| `http_connection.py` | HTTP connections and headers as cameras send them |
| `http_body.py` | the body of a response, decompressed |
| `stream_video.py` | what is wanted of a video stream: pictures, packets |
| `jpeg_stream.py` | the JPEGs in a body |
| `ffmpeg.py` | RTSP and other streams of video, through PyAV |
"""

from mqttcam.camera.sources.url.source import UrlCamera

__all__ = ["UrlCamera"]
