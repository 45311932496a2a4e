"""What several test folders share: brokers, an MQTT client, the daemon as a process, pictures."""
