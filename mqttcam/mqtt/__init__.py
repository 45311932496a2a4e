"""MQTT: the connection (paho driven by the event loop), topics, publishing pictures, the embedded broker."""
