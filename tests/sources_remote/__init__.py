"""Cameras elsewhere: over TCP and MQTT; those in Kafka are beside the broker's tests."""
