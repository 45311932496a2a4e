"""The source `file`: a folder of pictures, one picture, a video file, or raw planar frames, at a steady pace."""

from mqttcam.camera.sources.file.source import FileCamera

__all__ = ["FileCamera"]
