"""The devices on MQTT: pictures and state out, commands in."""
