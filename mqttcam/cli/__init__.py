"""The `mqttcam` command: arguments, exit codes and messages for a person."""

from mqttcam.cli.main import main

__all__ = ["main"]
