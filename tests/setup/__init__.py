"""Tests of `mqttcam/setup`."""
