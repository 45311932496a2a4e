"""From file, environment and secrets to the settings."""
