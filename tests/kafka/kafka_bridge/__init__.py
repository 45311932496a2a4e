"""Frames through the bridge to a real Kafka, and what readers there get."""
