"""The source `file`: a folder of JPEGs, one JPEG, a video file, or raw planar frames; paced, and looped on request."""

from mqttcam.camera.sources.file.source import FileCamera

__all__ = ["FileCamera"]
