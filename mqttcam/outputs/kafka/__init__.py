"""Frames to Kafka, in the messages that SINETStream's readers expect.

A thread of its own for each camera, behind a queue that drops the oldest: capture and MQTT never wait for it.
"""
