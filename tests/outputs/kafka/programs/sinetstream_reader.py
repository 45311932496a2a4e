"""Prints release, time and SHA-256 of so many messages, as the reader of SINETStream 1.9 has them.

Usage: sinetstream_reader.py BROKER TOPIC COUNT VALUE_TYPE
"""

import hashlib
import importlib.metadata
import sys

from sinetstream import MessageReader

broker, topic, count, value_type = sys.argv[1:]
release = importlib.metadata.version("sinetstream")
with MessageReader(
    no_config=True,
    type="kafka",
    brokers=broker,
    topics=topic,
    value_type=value_type,
    consistency="AT_LEAST_ONCE",
    receive_timeout_ms=30_000,
    group_id=f"{release}-{value_type}",
    auto_offset_reset="earliest",
) as reader:
    for number, message in enumerate(reader, 1):
        data = message.value if value_type == "byte_array" else message.value.tobytes()
        print(release, message.timestamp_us, hashlib.sha256(data).hexdigest(), flush=True)
        if number == int(count):
            break
