"""The devices on MQTT: commands in; pictures, states and results out."""
