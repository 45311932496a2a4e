"""Pictures from disk: a folder of JPEGs, one JPEG, a video file, or raw planar frames; paced, looped."""

from mqttcam.camera.sources.file.source import FileCamera

__all__ = ["FileCamera"]
