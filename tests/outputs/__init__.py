"""Tests of `mqttcam.outputs`."""
