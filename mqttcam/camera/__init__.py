"""Cameras: frames from a source, read in a supervised thread, and pictures made of them for subscribers."""
