"""The `mqttcam` command: arguments, exit codes and messages for people."""

from mqttcam.cli.main import main

__all__ = ["main"]
