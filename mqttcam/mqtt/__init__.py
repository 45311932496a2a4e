"""MQTT: the connection to the broker (paho driven by the event loop), topics, packets, the embedded broker.

paho is the MQTT client. Two things here are our own:

- Pictures bypass paho's queue (`shared_socket`, `inflight`, `packets`). paho copies each payload twice, packs the
  properties of MQTT 5 in Python (18 µs for the two of a picture) and has no limit in bytes for what it queues; written
  from the JPEG's own memory on the socket under paho, a picture costs half of the CPU time, waits behind no other
  picture, and its PUBACK is known by picture, so that the next one is taken only then.
- Reconnecting (`connection`, `reconnect`, `protocol_version`, `packet_size`). Each connection has a paho client of its
  own, so that nothing of an earlier one is sent again, late or out of order; paho's automatic reconnect keeps its
  queue, and it knows neither the fallback from MQTT 5 to 3.1.1 nor brokers that close on a large packet.

`client.Client` overrides one private method of paho and sets one private attribute; `pyproject.toml` therefore pins
paho's minor version, and a test names the part that a new version has changed.
"""
