"""Frames to Kafka, in the messages that SINETStream's readers expect.

Each camera has a thread of its own, behind a queue that drops the oldest frames: capture and MQTT never wait for it.
"""
